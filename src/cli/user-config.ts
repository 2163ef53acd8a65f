// Where this user's own settings of the command are: nobody else can put anything there, and no repository
// that was cloned either.

import { homedir } from 'node:os'
import { join } from 'node:path'

type Variables = Readonly<Record<string, string | undefined>>

/** As the XDG base directory specification and Windows have it. */
export function toUserConfig({ XDG_CONFIG_HOME, APPDATA }: Variables): string {
  return join(XDG_CONFIG_HOME || APPDATA || join(homedir(), '.config'), 'holo')
}
