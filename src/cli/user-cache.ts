// Where this user's caches are: nobody else can put anything there.

import { homedir } from 'node:os'
import { join } from 'node:path'

type Variables = Readonly<Record<string, string | undefined>>

/** As the XDG base directory specification and Windows have it. */
export function toUserCache({ XDG_CACHE_HOME, LOCALAPPDATA }: Variables): string {
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'holo')
}
