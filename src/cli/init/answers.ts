// The questions of `holo init`, at most three: the address of the site, the folder or the server of a version, and
// whether a workflow is wanted. Where nobody is there to answer, or on --yes, what was detected counts.

import type { Context } from '../command.ts'
import type { ConfigServices } from '../config.ts'
import { misuse } from '../failure.ts'
import { parseAddress } from '../target.ts'
import { askLine } from '../terminal.ts'
import type { Detected } from './detect.ts'
import type { FoundProject } from './workspace.ts'

/** As an answer: the address is not known yet. */
export const LATER = 'later'

export type Asker = {
  /** The typed line without spaces around it; `undefined` for an empty one, and where nobody is asked. */
  readonly ask: (question: string) => Promise<string | undefined>
  readonly canAsk: boolean
}

export function createAsker({ streams, signal }: Context, canAsk: boolean): Asker {
  const ask = async (question: string) => {
    if (!canAsk) return undefined
    return (await askLine(question, streams, signal))?.trim() || undefined
  }
  return { ask, canAsk }
}

/** The origin of the site; `undefined` for "later". @throws CliFailure for anything that is no address. */
export async function askForAddress(asker: Asker): Promise<string | undefined> {
  const typed = await asker.ask(`Where is the site? https://… or "${LATER}" [${LATER}] `)
  return typed === undefined ? undefined : toSite(typed, 'the answer')
}

/** @param where as in `--url`. */
export function toSite(text: string, where: string): string | undefined {
  if (text === LATER) return undefined
  const isWhole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  if (!isWhole && where === '--url') {
    throw misuse(`--url takes an address such as https://shop.example.com, not "${text}"`)
  }
  return parseAddress(isWhole ? text : `https://${text}`, where).origin
}

export async function askForFolder(asker: Asker, { folder }: Detected): Promise<string> {
  return (await asker.ask(`Which folder does the build write? [${folder}] `)) ?? folder
}

/** Where the server of a version runs; `undefined` for "later". */
export async function askForOrigin(asker: Asker, framework: string) {
  const named = framework === 'a server' ? 'its server' : `the server of ${framework}`
  const typed = await asker.ask(
    `Where does ${named} run in production? https://… or "${LATER}" [${LATER}] `,
  )
  const origin = typed === undefined ? undefined : toSite(typed, 'the answer')
  return origin === undefined ? undefined : ({ '/': [origin] } satisfies ConfigServices)
}

/** Yes unless somebody says no. */
export async function askForWorkflow(asker: Asker, path: string): Promise<boolean> {
  const typed = await asker.ask(`Write ${path}, which publishes each commit? [Y/n] `)
  return typed === undefined || !/^n/i.test(typed)
}

/** Which package of a monorepo is meant. @throws CliFailure where nobody can be asked. */
export async function askForPackage(
  asker: Asker,
  packages: readonly FoundProject[],
): Promise<FoundProject> {
  const names = packages.map(({ inside }) => inside)
  if (!asker.canAsk) {
    throw misuse(
      `several packages can be published: ${names.join(', ')}`,
      `name one: holo init --package ${names[0]}`,
    )
  }
  const typed = await asker.ask(`Which package is the site? ${names.join(', ')} [${names[0]}] `)
  const chosen = typed === undefined ? packages[0] : packages.find(({ inside }) => inside === typed)
  if (chosen) return chosen
  throw misuse(`there is no package "${typed}"`, `one of ${names.join(', ')}`)
}
