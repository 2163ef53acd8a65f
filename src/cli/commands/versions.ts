// `holo versions`: what has been published, and who points at it; and uploads that are given up.

import * as z from 'zod'
import { command } from '../command.ts'
import { toVersionId } from '../options.ts'
import { toTable } from '../table.ts'
import { toCount } from '../words.ts'

const shape = z.strictObject({
  revision: z.int(),
  versions: z.array(
    z.strictObject({
      id: z.string(),
      published: z.string().optional().describe('ISO 8601'),
      environments: z.array(z.string()).describe('Those that point at it'),
      open: z.boolean().describe('Visitors had it: tabs may be pinned to it'),
      openIn: z
        .record(z.string(), z.enum(['bucket', 'rule', 'host']))
        .optional()
        .describe('Where it could be seen, and how visitors came to it'),
      withdrawn: z.boolean(),
      manifest: z.string(),
      services: z.array(z.object({ prefix: z.string(), origins: z.array(z.string()) })),
      commit: z.string().optional(),
      author: z.string().optional(),
    }),
  ),
})

const reply = z.object({
  revision: z.number(),
  versions: z.array(
    z.object({
      id: z.string(),
      manifest: z.string(),
      services: z.array(z.looseObject({ prefix: z.string(), origins: z.array(z.string()) })),
      open: z.boolean(),
      openIn: z.record(z.string(), z.enum(['bucket', 'rule', 'host'])).optional(),
      withdrawn: z.boolean(),
      published: z.string().optional(),
      environments: z.array(z.string()),
      record: z.object({ commit: z.string().optional(), author: z.string().optional() }).optional(),
    }),
  ),
})

const HEAD = ['version', 'published', 'environments', 'state', 'commit', 'author', 'services']
/** As git shortens it where nothing else begins in the same way. */
const SHORT_COMMIT_CHARACTERS = 10

export const VERSIONS = command({
  name: 'versions',
  about: 'Lists the published versions, the newest first.',
  scope: 'read',
  examples: [
    { command: 'holo versions', about: 'for people' },
    { command: "holo versions --json | jq -r '.versions[0].id'", about: 'the newest' },
  ],
  shape,
  run: async (context) => {
    const api = await context.api()
    const { revision, versions } = await api.ask(reply, 'GET', '/versions')
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
}: Pick<z.infer<typeof reply>['versions'][number], 'open' | 'openIn' | 'withdrawn'>): string {
  if (withdrawn) return 'withdrawn'
  if (open) return 'open'
  return Object.keys(openIn).length > 0 ? 'preview' : ''
}
const aborted = z.object({
  version: z.string(),
  files: z.number(),
  verified: z.number(),
})

export const VERSIONS_ABORT = command({
  name: 'versions abort',
  about: 'Gives up an upload that is on its way, such as that of a pipeline that has crashed.',
  scope: 'publish',
  arguments: [{ name: '<version>', about: 'the id that the upload was begun with' }],
  examples: [{ command: 'holo versions abort 0.0.7', about: 'its own uploads, or with admin any' }],
  shape: z.strictObject({
    version: z.string(),
    files: z.int().describe('How many the version would have had'),
    verified: z.int().describe('How many of them were found to be uploaded'),
  }),
  run: async (context, [version]: [string]) => {
    toVersionId(version)
    const api = await context.api()
    const path = `/uploads/${encodeURIComponent(version)}`
    const json = await api.ask(aborted, 'DELETE', path)
    const lines = [
      `The upload of ${version} is given up (${toCount(json.files, 'file')}); "holo gc" removes what it has left`,
    ]
    return { json, lines }
  },
})
