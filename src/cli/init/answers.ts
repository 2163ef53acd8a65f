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

export type Questions = {
  /** The typed line without spaces around it; `undefined` where nobody is asked, or nobody answers. */
  readonly ask: (question: string) => Promise<string | undefined>
  readonly canAsk: boolean
  /** Whether the last question has been asked. */
  readonly isUsedUp: () => boolean
}

/** Confirmations of what would be overwritten do not count. */
const MAX_QUESTIONS = 3

/** After the last question nothing more is asked: what was detected counts. */
export function createQuestions({ streams, signal }: Context, canAsk: boolean): Questions {
  let asked = 0
  const ask = async (question: string) => {
    if (!canAsk || asked >= MAX_QUESTIONS) return undefined
    asked++
    return (await askLine(question, streams, signal))?.trim()
  }
  return { ask, canAsk, isUsedUp: () => asked >= MAX_QUESTIONS }
}

/** The origin of the site; `undefined` for "later". @throws CliFailure for anything that is no address. */
export async function askForAddress(questions: Questions): Promise<string | undefined> {
  const typed = await questions.ask(`Where is the site? https://… or "${LATER}" [${LATER}] `)
  return typed ? toSite(typed, 'the answer') : undefined
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

export async function askForFolder(questions: Questions, { folder }: Detected): Promise<string> {
  return (await questions.ask(`Which folder does the build write? [${folder}] `)) || folder
}

/** Where the server of a version runs; `undefined` for "later". */
export async function askForOrigin(questions: Questions, framework: string) {
  const named = framework === 'a server' ? 'its server' : `the server of ${framework}`
  const typed = await questions.ask(
    `Where does ${named} run in production? https://… or "${LATER}" [${LATER}] `,
  )
  const origin = typed ? toSite(typed, 'the answer') : undefined
  return origin === undefined ? undefined : ({ '/': [origin] } satisfies ConfigServices)
}

/** Yes unless somebody says no. */
export async function askForWorkflow(questions: Questions, path: string): Promise<boolean> {
  const typed = await questions.ask(`Write ${path}, which publishes each commit? [Y/n] `)
  return typed === undefined || !/^n/i.test(typed)
}

/**
 * Whether to build now: yes on Enter, and no where nobody answers. After the last question it is built without one,
 * because nothing can be shown otherwise.
 */
export async function askForBuild(questions: Questions, build: string): Promise<boolean> {
  if (questions.canAsk && questions.isUsedUp()) return true
  const typed = await questions.ask(`Run "${build}" now? [Y/n] `)
  return typed !== undefined && !/^n/i.test(typed)
}

/** Which package of a monorepo is meant. @throws CliFailure where nobody can be asked. */
export async function askForPackage(
  questions: Questions,
  packages: readonly FoundProject[],
): Promise<FoundProject> {
  const names = packages.map(({ inside }) => inside)
  if (!questions.canAsk) {
    throw misuse(
      `several packages can be published: ${names.join(', ')}`,
      `name one: holo init --package ${names[0]}`,
    )
  }
  const typed = await questions.ask(`Which package is the site? ${names.join(', ')} [${names[0]}] `)
  const chosen = typed ? packages.find(({ inside }) => inside === typed) : packages[0]
  if (chosen) return chosen
  throw misuse(`there is no package "${typed}"`, `one of ${names.join(', ')}`)
}
