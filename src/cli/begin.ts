// The first document of a control that has none: there is nothing that could move, so what it says is
// shown instead.

import { committedAsRead } from '../wire/changes.ts'
import { type ChangeOutcome, confirm } from './change.ts'
import type { ChangeOptions, Context } from './command.ts'
import { readDocument } from './document.ts'
import { waitUntilEverywhere } from './everywhere.ts'
import { toSeconds } from './words.ts'

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
    return { json, lines: [...plan, 'A dry run: nothing was changed'] }
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
