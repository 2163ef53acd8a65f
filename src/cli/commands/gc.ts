// `holo gc`: lists what nothing uses any more, and deletes it after a confirmation.

import { setTimeout as sleep } from 'node:timers/promises'
import { toSize } from '../../core/amounts.ts'
import {
  type CollectionCounts as Counts,
  collectionAsRead,
  collectionOutput,
} from '../../wire/collection.ts'
import { confirm } from '../change.ts'
import { type ChangeOptions, type Context, command, type SharedOptions } from '../command.ts'
import { toCount } from '../words.ts'

type GcOptions = SharedOptions & Pick<ChangeOptions, 'yes' | 'dryRun'>

const NOTHING: Counts = {
  versions: [],
  uploads: 0,
  records: 0,
  manifests: 0,
  blobs: 0,
  parts: 0,
  bytes: 0,
}

export const GC = command({
  name: 'gc',
  about: 'Lists what nothing uses any more, and deletes it.',
  scope: 'admin',
  options: [
    { flags: '-y, --yes', about: 'do not ask' },
    { flags: '--dry-run', about: 'list only' },
  ],
  examples: [
    { command: 'holo gc --dry-run', about: 'how much would be deleted' },
    { command: 'holo gc --yes', about: 'from a weekly job' },
  ],
  shape: collectionOutput,
  run: async (context, _: [], options: GcOptions) => {
    const target = await context.target()
    const listed = await step(context, true)
    const told = { target: target.name, dryRun: options.dryRun === true }
    if (options.dryRun || isNothing(listed)) {
      return { json: { ...told, ...listed }, lines: toLines(listed) }
    }
    const plan = [`Collect at ${target.name}`, ...toLines(listed).map((line) => `  ${line}`)]
    if (!options.json) for (const line of plan) context.say(line)
    await confirm(context, options, plan)
    const taken = await step(context, false)
    return { json: { ...told, ...taken }, lines: [...toLines(taken), 'Done'] }
  },
})

/** Runs all steps of one collection, and adds up their counts. */
async function step(context: Context, dryRun: boolean): Promise<Counts> {
  const api = await context.api()
  let sum = NOTHING
  let cursor: string | undefined
  for (;;) {
    const one = await api.ask(collectionAsRead, 'POST', '/gc', {
      json: { dryRun, ...(cursor === undefined ? {} : { cursor }) },
    })
    sum = {
      versions: [...new Set([...sum.versions, ...one.versions])],
      uploads: sum.uploads + one.uploads,
      records: sum.records + one.records,
      manifests: sum.manifests + one.manifests,
      blobs: sum.blobs + one.blobs,
      parts: sum.parts + one.parts,
      bytes: sum.bytes + one.bytes,
    }
    if (one.done) return sum
    cursor = one.cursor
    await sleep(one.waitMs, undefined, { signal: context.signal })
  }
}

function isNothing({ versions, uploads, records, manifests, blobs, parts }: Counts): boolean {
  return versions.length + uploads + records + manifests + blobs + parts === 0
}

function toLines(found: Counts): string[] {
  if (isNothing(found)) return ['There is nothing to collect']
  const { versions, uploads, records, manifests, blobs, parts, bytes } = found
  return [
    ...(versions.length > 0 ? [`versions: ${versions.join(', ')}`] : []),
    [
      toCount(uploads, 'abandoned upload'),
      toCount(records, 'record'),
      toCount(manifests, 'manifest'),
      toCount(blobs, 'blob'),
      toCount(parts, 'part'),
      toSize(bytes),
    ].join(', '),
  ]
}
