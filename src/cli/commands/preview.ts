// `holo preview`: makes a signed link that shows a version to whoever opens it. `holo previews` lists links,
// revokes them and changes the keys that sign them.

import { InvalidArgumentError } from 'commander'
import { PREVIEW_ID } from '../../core/previews.ts'
import {
  MAX_PREVIEW_S,
  newPreviewAsRead,
  newPreviewOutput,
  type PreviewSummary,
  previewAsRead,
  previewOutput,
  previewsAsRead,
  previewsOutput,
  rotatedAsRead,
  rotatedOutput,
} from '../../wire/previews.ts'
import { confirm } from '../change.ts'
import { type ChangeOptions, type CommandRow, command, type SharedOptions } from '../command.ts'
import { misuse } from '../failure.ts'
import { collect, toEnvironmentName, toVersionId } from '../options.ts'
import { toTable } from '../table.ts'
import { toCount, toTime } from '../words.ts'

type PreviewOptions = SharedOptions & {
  readonly environment?: readonly string[]
  readonly for?: number
  readonly path?: string
  readonly note?: string
}

const PREVIEW = command({
  name: 'preview',
  about:
    'Prints a signed link: whoever opens it sees these versions under the usual address, and nobody else does.',
  scope: 'shift',
  arguments: [{ name: '[versions...]', about: 'published versions; the first is shown at once' }],
  options: [
    {
      flags: '--environment <name>',
      about: 'whatever this environment shows, a restricted one too; may be given several times',
      parse: collect,
    },
    { flags: '--for <time>', about: 'as in 7d, 12h or 30m; 7d if left out', parse: parseTime },
    { flags: '--path <path>', about: 'the page that the link opens; / if left out' },
    { flags: '--note <text>', about: 'for whom it is, as "holo previews" shows it' },
  ],
  examples: [
    { command: 'holo preview 0.0.6', about: 'for a week' },
    {
      command: 'holo preview 0.0.6 0.0.5 --for 2d',
      about: 'the bar in the page switches between them',
    },
    {
      command: 'holo preview --environment qa --path /checkout',
      about: 'a restricted environment',
    },
  ],
  shape: newPreviewOutput,
  run: async (context, [versions]: [readonly string[]], options: PreviewOptions) => {
    const { environment: environments = [], for: forSeconds, path, note } = options
    for (const id of versions) toVersionId(id)
    for (const name of environments) toEnvironmentName(name)
    if (versions.length + environments.length === 0) {
      throw misuse('name a version, or an environment with --environment')
    }
    const body = {
      ...(versions.length > 0 ? { versions } : {}),
      ...(environments.length > 0 ? { environments } : {}),
      forSeconds,
      path,
      note,
    }
    const api = await context.api()
    const json = await api.ask(newPreviewAsRead, 'POST', '/previews', { json: body })
    context.say(
      `Preview ${json.id} of ${toNames(json)}, until ${toTime(json.expiresAt)}. Whoever has the link sees it; it is shown once:`,
    )
    return { json, lines: [json.link, ...json.hostLinks] }
  },
})

const UNITS_S: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 }

function parseTime(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const seconds = Number(count) * (UNITS_S[unit] ?? Number.NaN)
  if (seconds >= 60 && seconds <= MAX_PREVIEW_S) return seconds
  throw new InvalidArgumentError(
    `minutes, hours or days such as 30m, 12h or 7d, at most ${MAX_PREVIEW_S / 86_400}d`,
  )
}

function toNames({ versions, environments }: Pick<PreviewSummary, 'versions' | 'environments'>) {
  return [...versions, ...environments.map((name) => `environment ${name}`)].join(', ')
}

const PREVIEWS = command({
  name: 'previews',
  about: 'Lists the links to previews of the last 30 days, newest first, without the links.',
  scope: 'read',
  examples: [{ command: 'holo previews', about: 'revoked and expired ones too' }],
  shape: previewsOutput,
  run: async (context) => {
    const api = await context.api()
    const json = await api.ask(previewsAsRead, 'GET', '/previews')
    const now = Date.now()
    const rows = json.previews.map((one) => [
      one.id,
      toNames(one),
      toState(now, one),
      one.createdBy,
      one.note ?? '',
    ])
    const lines =
      rows.length === 0
        ? ['No links: make one with "holo preview VERSION"']
        : toTable(['id', 'shows', 'state', 'by', 'note'], rows, context.columns)
    return { json, lines }
  },
})

function toState(
  now: number,
  { expiresAt, revokedAt }: Pick<PreviewSummary, 'expiresAt' | 'revokedAt'>,
): string {
  if (revokedAt !== undefined) return `revoked ${toTime(revokedAt)}`
  return expiresAt <= now ? `expired ${toTime(expiresAt)}` : `until ${toTime(expiresAt)}`
}

type RevokeOptions = SharedOptions & Pick<ChangeOptions, 'yes'>

const REVOKE = command({
  name: 'previews revoke',
  about: 'Revokes a link, also for those who have opened it, within seconds.',
  scope: 'shift',
  arguments: [{ name: '<id>', about: 'the 12 characters that "holo previews" shows' }],
  options: [{ flags: '-y, --yes', about: 'do not ask' }],
  examples: [{ command: 'holo previews revoke Xk3-9aZq_04b', about: 'the end of one link' }],
  shape: previewOutput,
  run: async (context, [id]: [string], options: RevokeOptions) => {
    if (!PREVIEW_ID.test(id)) {
      throw misuse(`"${id}" is not the id of a link: it has 12 characters, see "holo previews"`)
    }
    const target = await context.target()
    const plan = `Revoke the preview link ${id} at ${target.name}`
    if (!options.json) context.say(plan)
    await confirm(context, options, [plan])
    const api = await context.api()
    const json = await api.ask(previewAsRead, 'DELETE', `/previews/${id}`)
    return { json, lines: [`Done: the link to ${toNames(json)} is revoked`] }
  },
})

type RotateOptions = RevokeOptions & { readonly revokeAll?: boolean }

const ROTATE = command({
  name: 'previews rotate',
  about: 'Signs links with a new key from now on. Older links count until they expire.',
  scope: 'admin',
  options: [
    { flags: '--revoke-all', about: 'removes the old keys, so that all links end' },
    { flags: '-y, --yes', about: 'do not ask' },
  ],
  examples: [
    { command: 'holo previews rotate', about: 'from time to time' },
    {
      command: 'holo previews rotate --revoke-all',
      about: 'after a key or many links have leaked',
    },
  ],
  shape: rotatedOutput,
  run: async (context, _, { revokeAll = false, ...options }: RotateOptions) => {
    const target = await context.target()
    const plan = revokeAll
      ? `Sign previews at ${target.name} with a new key, and end all links`
      : `Sign previews at ${target.name} with a new key`
    if (!options.json) context.say(plan)
    await confirm(context, options, [plan])
    const api = await context.api()
    const json = await api.ask(rotatedAsRead, 'POST', '/preview-keys', { json: { revokeAll } })
    const ended = json.revoked > 0 ? `; ${toCount(json.revoked, 'link')} ended` : ''
    return { json, lines: [`Done: key ${json.key} signs from now on${ended}`] }
  },
})

export const PREVIEW_COMMANDS: readonly CommandRow[] = [PREVIEW, PREVIEWS, REVOKE, ROTATE]
