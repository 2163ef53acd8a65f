// Which paths a version may have, as a set: each must be one that a URL can express and every store
// can keep, and no two may be mistaken for one another. core/path.ts maps the path of a request to
// a name.

/** Far longer than what sites use, and short enough for a key of any store. */
export const MAX_PATH_BYTES = 1_024

export type PathProblem = { readonly path: string; readonly message: string }

const encoder = new TextEncoder()
/** What a decoder puts in the place of bytes that are not UTF-8. */
const NOT_UTF8 = '\ufffd'

/**
 * The problems of decoded paths, at most `limit` of them, and their total number. Two paths that
 * differ only in case, or only in how an accented letter is composed (Unicode NFC), are one file on
 * some machines and two on others.
 */
export function findPathProblems(
  paths: Iterable<string>,
  limit: number,
): { readonly problems: readonly PathProblem[]; readonly count: number } {
  const problems: PathProblem[] = []
  const folded = new Map<string, string>()
  let count = 0
  const note = (path: string, message: string) => {
    count++
    if (problems.length < limit) problems.push({ path, message })
  }
  for (const path of paths) {
    const message = findProblem(path)
    if (message) note(path, message)
    const key = foldCase(path)
    const other = folded.get(key)
    if (other === undefined) folded.set(key, path)
    else if (other === path) note(path, 'is there twice')
    else note(path, `differs from ${JSON.stringify(other)} only in case or composition`)
  }
  return { problems, count }
}

/** Converts to upper case and back, so that `ß` and `ss`, or the two small sigmas, become equal. */
function foldCase(path: string): string {
  return path.normalize('NFC').toUpperCase().toLowerCase()
}

function findProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'is not absolute: it has to begin with "/"'
  if (path.includes('\\')) return 'has a backslash, which no URL can say'
  if (path.includes('\0')) return 'has a NUL'
  if (path.includes(NOT_UTF8)) return 'is not UTF-8'
  const segments = path.slice(1).split('/')
  if (segments.includes('')) return 'has an empty segment'
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    return 'has a "." or ".." segment'
  }
  const bytes = encoder.encode(path).length
  return bytes > MAX_PATH_BYTES
    ? `is ${bytes} bytes long; ${MAX_PATH_BYTES} are allowed`
    : undefined
}
