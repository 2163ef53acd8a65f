// `holo versions`: what has been published, and who points at it; and uploads that are given up.

import { abortOutput, uploadAsRead } from '../../wire/uploads.ts'
import { type VersionAsRead, versionsAsRead, versionsOutput } from '../../wire/versions.ts'
import { type CommandRow, command } from '../command.ts'
import { needDocument } from '../document.ts'
import { CliFailure, refused } from '../failure.ts'
import { toVersionId } from '../options.ts'
import { toTable } from '../table.ts'
import { toCount } from '../words.ts'

const HEAD = ['version', 'published', 'environments', 'state', 'commit', 'author', 'services']
/** As git shortens it where nothing else begins in the same way. */
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
    const time = (published: string | undefined) => Date.parse(published ?? '') || 0
    const newestFirst = versions
      .toReversed()
      .sort((a, b) => time(b.published) - time(a.published))
      .map(({ record: { commit, author } = {}, ...version }) => ({
        ...version,
        ...(commit === undefined ? {} : { commit }),
        ...(author === undefined ? {} : { author }),
      }))
    const rows = newestFirst.map((version) => [
      version.id,
      version.published?.replace('T', ' ').replace(/\.\d+Z$/, 'Z') ?? '',
      version.environments.join(', '),
      toStanding(version),
      /^[0-9a-f]{12,64}$/.test(version.commit ?? '')
        ? (version.commit ?? '').slice(0, SHORT_COMMIT_CHARACTERS)
        : (version.commit ?? ''),
      version.author ?? '',
      version.services.map(({ prefix, origins }) => `${prefix} → ${origins.join(', ')}`).join('  '),
    ])
    const lines =
      rows.length === 0
        ? ['Nothing has been published yet: begin with "holo publish --first main"']
        : toTable(HEAD, rows, context.columns)
    return { json: { revision, versions: newestFirst }, lines }
  },
})

/** In one word: who can see it. */
function toStanding({
  open,
  openIn = {},
  withdrawn,
}: Pick<VersionAsRead, 'open' | 'openIn' | 'withdrawn'>): string {
  if (withdrawn) return 'withdrawn'
  if (open) return 'open'
  return Object.keys(openIn).length > 0 ? 'preview' : ''
}

const VERSIONS_ABORT = command({
  name: 'versions abort',
  about: 'Gives up an upload that is on its way, such as that of a pipeline that has crashed.',
  scope: 'publish',
  arguments: [{ name: '<version>', about: 'the id that the upload was begun with' }],
  examples: [{ command: 'holo versions abort 0.0.7', about: 'its own uploads, or with admin any' }],
  shape: abortOutput,
  run: async (context, [version]: [string]) => {
    toVersionId(version)
    const api = await context.api()
    const path = `/uploads/${encodeURIComponent(version)}`
    const json = await api.ask(uploadAsRead, 'DELETE', path).catch(async (cause) => {
      if (!(cause instanceof CliFailure && cause.code === 'not_found')) throw cause
      await needDocument(api)
      throw refused('unknown_name', `no upload of "${version}" is on its way`, {
        hint: '"holo versions" lists what is published',
      })
    })
    const lines = [
      `The upload of ${version} is given up (${toCount(json.files, 'file')}); "holo gc" removes what it has left`,
    ]
    return { json, lines }
  },
})

export const VERSION_COMMANDS: readonly CommandRow[] = [VERSIONS, VERSIONS_ABORT]
