// How far a publication is, as a value. How it is shown is decided by whoever is told.

export type ProgressStep = {
  readonly doing: 'reading' | 'storing' | 'compressing' | 'uploading' | 'verifying'
  readonly files: number
  readonly ofFiles: number
  readonly bytes: number
  readonly ofBytes: number
}

export type ReportProgress = (step: ProgressStep) => void

/** Counts finished files of known sizes: call it with the size of each. Reports the start as well. */
export function startCount(
  doing: ProgressStep['doing'],
  work: readonly { readonly size: number }[],
  report: ReportProgress,
): (size: number) => void {
  const ofBytes = work.reduce((sum, { size }) => sum + size, 0)
  let files = 0
  let bytes = 0
  const count = () => report({ doing, files, ofFiles: work.length, bytes, ofBytes })
  count()
  return (size) => {
    files++
    bytes += size
    count()
  }
}
