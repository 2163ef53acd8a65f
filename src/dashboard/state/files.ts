// What differs between the files of two versions. Pure.

type File = { readonly path: string; readonly blob: string; readonly size: number }

export type FileChange = {
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** Bytes more, or fewer. */
  readonly bytes: number
}

export type FileComparison = {
  /** By path. */
  readonly changes: readonly FileChange[]
  readonly same: number
  /** Bytes of all files, before and after. */
  readonly bytes: readonly [number, number]
}

export function compareFiles(before: readonly File[], after: readonly File[]): FileComparison {
  const were = new Map(before.map((file) => [file.path, file]))
  const are = new Map(after.map((file) => [file.path, file]))
  const changes = [...new Set([...were.keys(), ...are.keys()])].flatMap((path): FileChange[] => {
    const [was, is] = [were.get(path), are.get(path)]
    if (was && is) {
      return was.blob === is.blob ? [] : [{ path, kind: 'changed', bytes: is.size - was.size }]
    }
    return [{ path, kind: is ? 'added' : 'removed', bytes: (is?.size ?? 0) - (was?.size ?? 0) }]
  })
  const total = (files: readonly File[]) => files.reduce((sum, { size }) => sum + size, 0)
  return {
    changes: changes.sort((one, other) => (one.path < other.path ? -1 : 1)),
    same: after.length - changes.filter(({ kind }) => kind !== 'removed').length,
    bytes: [total(before), total(after)],
  }
}
