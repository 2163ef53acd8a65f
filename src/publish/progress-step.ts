// How far a publication is, as a value. How it is shown is decided by progress.ts and its callers.

export type ProgressStep = {
  readonly doing: 'reading' | 'compressing' | 'uploading' | 'verifying'
  readonly files: number
  readonly ofFiles: number
  readonly bytes: number
  readonly ofBytes: number
}

export type ReportProgress = (step: ProgressStep) => void

export type Count = {
  /** A file of this size is done; `counted` of its bytes were reported as parts before. */
  (size: number, counted?: number): void
  /** So many bytes of a file are done, and more of it is to come. */
  readonly part: (bytes: number) => void
}

/** Counts finished files of known sizes: call it with the size of each. Reports the start as well. */
export function startCount(
  doing: ProgressStep['doing'],
  work: readonly { readonly size: number }[],
  report: ReportProgress,
): Count {
  const ofBytes = work.reduce((sum, { size }) => sum + size, 0)
  let files = 0
  let bytes = 0
  const count = () => report({ doing, files, ofFiles: work.length, bytes, ofBytes })
  count()
  const finish = (size: number, counted = 0) => {
    files++
    bytes += size - counted
    count()
  }
  const part = (size: number) => {
    bytes += size
    count()
  }
  return Object.assign(finish, { part })
}
