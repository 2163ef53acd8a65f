// What `holo init` knows before it writes: from the command line, from the holo.json that is there, from what was
// detected, and else from answers.

import { isAbsolute, join } from 'node:path'
import { isBelow } from '../../publish/regular-file.ts'
import type { Config, ConfigServices } from '../config.ts'
import { misuse } from '../failure.ts'
import { parseServices } from '../options.ts'
import {
  askForAddress,
  askForFolder,
  askForOrigin,
  askForWorkflow,
  LATER,
  type Questions,
  toSite,
} from './answers.ts'
import { toWorkflowPath } from './workflow.ts'
import type { FoundProject } from './workspace.ts'

/** What the command line says. */
type Stated = {
  readonly name: string
  readonly url?: string
  readonly folder?: string
  readonly service?: readonly string[]
  readonly protected?: boolean
  readonly wrangler?: boolean
  readonly workflow?: boolean
  readonly yes?: boolean
}

export type Answers = {
  readonly name: string
  /** Of the target; `undefined` for later. */
  readonly url: string | undefined
  /** The address that was typed now. */
  readonly typed: string | undefined
  readonly isProtected: boolean
  readonly folder: string
  readonly services: ConfigServices | undefined
  readonly hasWrangler: boolean
  readonly hasWorkflow: boolean
}

/** @throws CliFailure when something is missing and nobody can be asked. */
export async function findAnswers(
  questions: Questions,
  { detected, inside, folder: own }: FoundProject,
  present: Config | undefined,
  options: Stated,
): Promise<Answers> {
  const known = present?.targets[options.name]?.url
  if (options.url === undefined && known === undefined && !questions.canAsk && !options.yes) {
    throw misuse(
      'the address of the site is missing: add --url https://…',
      `or --url ${LATER}, or --yes, which asks nothing`,
    )
  }
  const typed =
    options.url !== undefined
      ? toSite(options.url, '--url')
      : known === undefined
        ? await askForAddress(questions)
        : undefined
  const given = options.service ? parseServices(options.service) : undefined
  const stated = options.folder ?? present?.publish?.folder
  const isAsked = stated === undefined && !detected.isCertain
  const folder = stated ?? (isAsked ? await askForFolder(questions, detected) : detected.folder)
  refuseOutside(own, folder)
  const isUnknown = detected.kind === 'server' && !given && !present?.publish?.services && !isAsked
  const services = isUnknown ? await askForOrigin(questions, detected.framework) : given
  const hasWorkflow =
    options.workflow !== false && (await askForWorkflow(questions, toWorkflowPath(inside)))
  return {
    name: options.name,
    url: typed ?? known,
    typed,
    isProtected: options.protected === true,
    folder,
    services,
    hasWrangler: options.wrangler !== false,
    hasWorkflow,
  }
}

function refuseOutside(project: string, folder: string): void {
  if (!isAbsolute(folder) && isBelow(project, join(project, folder))) return
  throw misuse(`${folder} is outside of the project: name a folder below it`)
}
