// The addresses that are Holo's own: never a file, and never a backend's.

const OWN_PREFIX = '/.holo/'

/** Which version the asker would get now: the one own address that is decided as any other. */
export const VERSION_NOW_PATH = '/.holo/version'

export function isOwnPath(path: string): boolean {
  return `${path}/`.startsWith(OWN_PREFIX)
}
