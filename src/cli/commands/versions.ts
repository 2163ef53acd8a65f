// `holo versions`: lists published versions and the environments that point at them, and aborts uploads.

import { toFrameworkPinText } from '../../document/framework-pin.ts'
import { abortOutput, uploadAsRead } from '../../wire/uploads.ts'
import { type VersionAsRead, versionsAsRead, versionsOutput } from '../../wire/versions.ts'
import { type CommandRow, command } from '../command.ts'
import { needDocument } from '../document.ts'
import { CliFailure, refused } from '../failure.ts'
import { toNewestFirst } from '../newest-versions.ts'
import { toVersionId } from '../options.ts'
import { toTable } from '../table.ts'
import { toCount, toSpan, toTime } from '../words.ts'

const HEAD = [
  'version',
  'published',
  'environments',
  'state',
  'use',
  'commit',
  'author',
  'services',
]
/** Long enough to be unique in most repositories. */
const SHORT_COMMIT_CHARACTERS = 10

const VERSIONS = command({
  name: 'versions',
  about: 'Lists the published versions, the newest first.',
  scope: 'read',
  examples: [
    { command: 'holo versions', about: 'for people' },
    { command: "holo versions --json | jq -r '.versions[0].id'", about: 'the newest' },
  ],
  shape: versionsOutput,
  run: async (context) => {
    const api = await context.api()
    const { revision, versions } = await api.ask(versionsAsRead, 'GET', '/versions')
    const newestFirst = toNewestFirst(versions).map(
      ({ record: { commit, author } = {}, ...version }) => ({
        ...version,
        ...(commit === undefined ? {} : { commit }),
        ...(author === undefined ? {} : { author }),
      }),
    )
    // Most apps have no framework that sends one, and the table is wide enough.
    const hasPins = newestFirst.some(({ frameworkPin }) => frameworkPin)
    const hasFloors = newestFirst.some(({ floor }) => floor !== undefined)
    const head = [
      ...HEAD.slice(0, -1),
      ...(hasPins ? ['framework pin'] : []),
      ...(hasFloors ? ['not back below'] : []),
      ...HEAD.slice(-1),
    ]
    const rows = newestFirst.map((version) => [
      version.id,
      version.published?.replace('T', ' ').replace(/\.\d+Z$/, 'Z') ?? '',
      version.environments.join(', '),
      toStanding(version),
      toUse(version, Date.now()),
      /^[0-9a-f]{12,64}$/.test(version.commit ?? '')
        ? (version.commit ?? '').slice(0, SHORT_COMMIT_CHARACTERS)
        : (version.commit ?? ''),
      version.author ?? '',
      ...(hasPins ? [version.frameworkPin ? toFrameworkPinText(version.frameworkPin) : ''] : []),
      ...(hasFloors ? [version.floor ?? ''] : []),
      version.services.map(({ prefix, origins }) => `${prefix} → ${origins.join(', ')}`).join('  '),
    ])
    const lines =
      rows.length === 0
        ? ['Nothing has been published yet: start with "holo publish --first main"']
        : toTable(head, rows, context.columns)
    return { json: { revision, versions: newestFirst }, lines }
  },
})

/** Who can see the version, in one word. */
function toStanding({
  open,
  openIn = {},
  withdrawn,
}: Pick<VersionAsRead, 'open' | 'openIn' | 'withdrawn'>): string {
  if (withdrawn) return 'withdrawn'
  if (open) return 'open'
  return Object.keys(openIn).length > 0 ? 'preview' : ''
}

/** Whether its backend may be switched off, in a few words; empty where an older Holo does not say. */
export function toUse({ drain }: Pick<VersionAsRead, 'drain'>, now: number): string {
  if (!drain) return ''
  const { state, tabs, lastRequestAt, drainedAt, services } = drain
  if (state === 'unused') return 'not used'
  if (state === 'drained') {
    const shared = services.filter(({ sharedWith }) => sharedWith.length > 0)
    const others = [...new Set(shared.flatMap(({ sharedWith }) => sharedWith))].join(', ')
    const since = drainedAt === null ? '' : ` since ${toTime(drainedAt)}`
    if (shared.length === 0) return `may be switched off${since}`
    const which = shared.map(({ prefix }) => prefix).join(', ')
    return `drained${since}; ${which} serves ${others}, too`
  }
  const told = [
    ...(tabs === null ? [] : [toCount(tabs, 'tab')]),
    lastRequestAt === null ? 'no call known' : `last call ${toSpan(now - lastRequestAt)} ago`,
  ]
  return `${state === 'inUse' ? 'in use' : 'draining'}: ${told.join(', ')}`
}

const VERSIONS_ABORT = command({
  name: 'versions abort',
  about: 'Aborts an open upload, for example that of a pipeline that has crashed.',
  scope: 'publish',
  arguments: [{ name: '<version>', about: 'the id of the version that is uploaded' }],
  examples: [
    { command: 'holo versions abort 0.0.7', about: "the token's own uploads; with admin, any" },
  ],
  shape: abortOutput,
  run: async (context, [version]: [string]) => {
    toVersionId(version)
    const api = await context.api()
    const path = `/uploads/${encodeURIComponent(version)}`
    const json = await api.ask(uploadAsRead, 'DELETE', path).catch(async (cause) => {
      if (!(cause instanceof CliFailure && cause.code === 'not_found')) throw cause
      await needDocument(api)
      throw refused('unknown_name', `there is no open upload of "${version}"`, {
        hint: '"holo versions" lists the published versions',
      })
    })
    const lines = [
      `The upload of ${version} was aborted (${toCount(json.files, 'file')}); "holo gc" deletes what was uploaded`,
    ]
    return { json, lines }
  },
})

export const VERSION_COMMANDS: readonly CommandRow[] = [VERSIONS, VERSIONS_ABORT]
