// Writes the first document of an empty Holo: one from a file, or one that gives a version that was just
// published to everybody.

import type { FrameworkPin } from '../document/framework-pin.ts'
import type { PublishedService } from '../document/service.ts'
import { committedAsRead } from '../wire/changes.ts'
import { type ChangeOutcome, confirm, waitUntilEverywhere } from './change.ts'
import type { ChangeOptions, Context } from './command.ts'
import { readDocument } from './document.ts'
import { toSeconds, toShellWord } from './words.ts'

/** @param title as in "Import backup.json". */
export async function beginDocument(
  context: Context,
  title: string,
  document: object,
  options: ChangeOptions,
): Promise<ChangeOutcome> {
  const api = await context.api()
  const target = await context.target()
  const send = (dryRun: boolean) =>
    api.ask(committedAsRead, 'PUT', '/assignments', {
      ifRevision: 0,
      json: document,
      query: { reason: options.reason, dryRun: dryRun ? 'true' : undefined },
    })
  const planned = await send(true)
  const { environments } = readDocument(planned.text ?? JSON.stringify(document)).document
  const changes = Object.entries(environments).map(
    ([name, { version }]) => `environment ${name}: ${version}`,
  )
  const plan = [
    `${title} at ${target.name}, which has no document yet`,
    ...changes.map((change) => `  ${change}`),
  ]
  const told = { target: target.name, previous: 0, moved: [], versions: [], changes }
  if (options.dryRun) {
    const json = { ...told, dryRun: true, changed: false, revision: planned.revision }
    return { json, lines: [...plan, 'Dry run: nothing was changed'] }
  }
  if (!options.json) for (const line of plan) context.say(line)
  await confirm(context, options, plan)
  const { revision, changed } = await send(false)
  const waited = options.wait
    ? await waitUntilEverywhere(api, revision, performance.now(), context.signal)
    : undefined
  const json = { ...told, dryRun: false, changed, revision, ...waited }
  const everywhere = waited ? [`Everywhere after ${toSeconds(waited.everywhereMs)}`] : []
  return { json, lines: [`Done: revision ${revision}`, ...everywhere] }
}

type First = {
  readonly folder: string
  readonly version: string
  readonly services: readonly PublishedService[]
  readonly frameworkPin?: FrameworkPin | undefined
  /** The oldest version that one may go back to from it. */
  readonly floor?: string | undefined
}

/** @returns the revision of the new document. */
export async function makeFirstDocument(
  context: Context,
  environment: string,
  { version, services, frameworkPin, floor }: First,
  manifest: string,
  options: ChangeOptions,
): Promise<number> {
  const document = {
    schema: 1,
    revision: 1,
    // Nobody may know beforehand which ids of visitors get which version.
    salt: crypto.randomUUID(),
    environments: { [environment]: { version } },
    traffic: { [environment]: 100 },
    versions: {
      [version]: {
        manifest,
        services,
        published: new Date().toISOString(),
        ...(frameworkPin && { frameworkPin }),
        ...(floor !== undefined && { floor }),
      },
    },
  }
  const title = `Begin with ${environment} at ${version} for everybody`
  const { json } = await beginDocument(context, title, document, options)
  return json.revision
}

/** The command that repeats the publication and writes the first document with this version. */
export function toFirstCommand({ folder, version, services, floor }: First): string {
  const given = services.flatMap(({ prefix, origins }) =>
    origins.map((origin) => `--service ${toShellWord(`${prefix}=${origin}`)}`),
  )
  const words = ['holo publish', toShellWord(folder), `--version ${version}`, ...given]
  if (floor !== undefined) words.push(`--floor ${floor}`)
  return [...words, '--first main'].join(' ')
}
