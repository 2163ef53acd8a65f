// `holo publish`: a folder becomes a version. Nothing points at it afterwards, so nobody is asked.

import * as z from 'zod'
import { removeEncoded } from '../../publish/encode-contents.ts'
import { command } from '../command.ts'
import { misuse } from '../failure.ts'
import { makeFirstDocument, toFirstCommand } from '../first-document.ts'
import { toNextStep } from '../next-step.ts'
import { collect, toEnvironmentName, toVersionId } from '../options.ts'
import { loadPublishSettings, type PublishOptions } from '../publish-settings.ts'
import { loadRetained, runUpload } from '../run-upload.ts'
import { toStyle } from '../terminal.ts'
import { toCount, toSeconds, toSize } from '../words.ts'

const shape = z.strictObject({
  target: z.string(),
  version: z.string(),
  folder: z.string(),
  manifest: z.string(),
  files: z.int(),
  bytes: z.int().describe('Of all files, not encoded'),
  uploaded: z.int().describe('Blobs that were sent; encoded forms count as well'),
  uploadedBytes: z.int(),
  reused: z.int().describe('Blobs that were there before'),
  isKnown: z.boolean().describe('true: it was published before with the same content'),
  revision: z
    .int()
    .optional()
    .describe('That knows the version; absent while there is no document'),
  commit: z.string().optional(),
  author: z.string().optional(),
  warnings: z.array(z.string()),
  next: z.string().describe('A command that goes on from here'),
})

export const PUBLISH = command({
  name: 'publish',
  about: 'Publishes a folder as a version. Only what is missing is uploaded, also the second time.',
  scope: 'publish',
  arguments: [
    { name: '[folder]', about: 'of holo.json, or dist, build, out, .output/public … if left out' },
  ],
  options: [
    { flags: '--version <id>', about: 'what the version is called: 1.4.0, a date, a commit' },
    {
      flags: '--service <prefix=origin>',
      about: 'a backend: /api/=https://api.example.com; may be given several times',
      parse: collect,
    },
    {
      flags: '--hashed <glob>',
      about: 'names that change with their content; may be given several times',
      parse: collect,
    },
    { flags: '--commit <hash>', about: 'taken from git if left out' },
    { flags: '--author <name>', about: 'taken from git if left out' },
    {
      flags: '--first <environment>',
      about: 'to an empty Holo: makes the first document, with this environment for everybody',
    },
    { flags: '-y, --yes', about: 'with --first: do not ask' },
  ],
  examples: [
    {
      command: 'holo publish ./dist --version 1.4.0 --service /api/=https://api-14.example.com',
      about: 'files and the backend that was made for them, as one',
    },
    {
      command: 'holo publish --version "$(git rev-parse --short HEAD)"',
      about: 'the build folder that is found',
    },
  ],
  shape,
  run: async (context, [named]: [string | undefined], options: PublishOptions) => {
    if (options.version === undefined) {
      throw misuse(
        'what shall the version be called? Add --version',
        'such as --version 1.4.0, or --version "$(git rev-parse --short HEAD)"',
      )
    }
    const version = toVersionId(options.version)
    const environment = options.first === undefined ? undefined : toEnvironmentName(options.first)
    const startedAt = performance.now()
    const { name: target } = await context.target()
    const settings = await loadPublishSettings(context, named, version, options)
    const { folder, services, authorship, isDirty } = settings
    const api = await context.api()
    const retained = await loadRetained(api)
    const upload = await runUpload(context, api, { ...settings.upload, retained })
    await removeEncoded(settings.upload.encodedFolder)
    const warnings = [
      ...upload.warnings,
      ...(isDirty ? [UNCOMMITTED] : []),
      ...(environment !== undefined && upload.revision !== undefined ? [NOT_THE_FIRST] : []),
    ]
    const first = { folder, version, services }
    const isFirst = upload.revision === undefined && environment !== undefined
    const revision = isFirst
      ? await makeFirstDocument(context, environment, first, upload.manifest, options)
      : upload.revision
    const next = revision === undefined ? toFirstCommand(first) : await toNextStep(api, version)
    const json = {
      ...{ target, version, folder, ...upload },
      ...(revision === undefined ? {} : { revision }),
      ...{ ...authorship, warnings, next },
    }
    const style = toStyle(context.streams.stderr, context.env)
    for (const warning of options.json ? [] : warnings) {
      context.say(`${style.yellow('warning:')} ${warning}`)
    }
    return { json, lines: toLines(json, performance.now() - startedAt) }
  },
})

const UNCOMMITTED = 'git has changes here that are not committed, so the commit is not all of it'
const NOT_THE_FIRST = '--first is for an empty Holo: this one has a document, and it stays as it is'

function toLines(json: z.input<typeof shape>, ms: number): string[] {
  const { version, files, bytes, uploaded, uploadedBytes, reused, isKnown, next, target } = json
  return [
    isKnown
      ? `${version} is published at ${target} already, with this very content`
      : `Published ${version} at ${target}: ${toCount(files, 'file')}, ${toSize(bytes)}, in ${toSeconds(ms)}`,
    `${toCount(uploaded, 'blob')} uploaded (${toSize(uploadedBytes)}), ${reused} there already`,
    `Next: ${next}`,
  ]
}
