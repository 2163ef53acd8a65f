// `holo publish`: a folder becomes a version. Nothing points at it afterwards, so nobody is asked.

import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import * as z from 'zod'
import { removeEncoded } from '../../publish/encode-contents.ts'
import { showProgress } from '../../publish/progress.ts'
import type { PublishedService } from '../../publish/services.ts'
import { type Upload, uploadFolder } from '../../publish/upload.ts'
import type { Api } from '../api.ts'
import { beginDocument } from '../begin.ts'
import { chooseBuildFolder } from '../build-folder.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { loadConfig } from '../config.ts'
import { CliFailure, EXIT, misuse } from '../failure.ts'
import { readAuthorship } from '../git.ts'
import { toNextStep } from '../next-step.ts'
import { collect, toEnvironmentName, toVersionId } from '../options.ts'
import { parseServices, toServices } from '../services.ts'
import { createUploadTarget } from '../upload-api.ts'
import { toUserCache } from '../user-cache.ts'
import { toCount, toSeconds, toShellWord, toSize } from '../words.ts'

/** Names are held against those of so many versions, the newest, that visitors may still be on. */
const MAX_RETAINED = 10
/** As the document's schema has it. */
const MAX_SALT_CHARACTERS = 64

type PublishOptions = SharedOptions & {
  readonly version?: string
  readonly service?: readonly string[]
  readonly hashed?: readonly string[]
  readonly commit?: string
  readonly author?: string
  readonly first?: string
  readonly yes?: boolean
}

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
    const startedAt = performance.now()
    const target = await context.target()
    const config = await loadConfig(context.cwd, options.config)
    const settings = config?.config.publish ?? {}
    const configured = config && settings.folder ? join(config.folder, settings.folder) : undefined
    const folder = named ?? configured ?? (await chooseBuildFolder(context.cwd))
    const path = resolve(context.cwd, folder)
    if (!(await stat(path).catch(() => undefined))?.isDirectory()) {
      throw misuse(`there is no folder ${folder}`, 'build first, or name another')
    }
    const services = toServices({
      ...settings.services,
      ...target.services,
      ...parseServices(options.service ?? []),
    })
    const { isDirty, ...found } = await readAuthorship(path, context.env)
    const authorship = {
      ...found,
      ...(options.commit === undefined ? {} : { commit: options.commit }),
      ...(options.author === undefined ? {} : { author: options.author }),
    }
    const api = await context.api()
    const known = await loadVersions(api)
    const encodedFolder = join(
      toUserCache(context.env),
      'encoded',
      toKey(target.url.origin, path, version),
    )
    const upload = await run(context, api, {
      folder: path,
      id: version,
      services: services,
      ...(settings.htmlHandling && { htmlHandling: settings.htmlHandling }),
      ...(settings.notFound && { notFound: settings.notFound }),
      hashedGlobs: [...(settings.hashed ?? []), ...(options.hashed ?? [])],
      retained: known,
      createdAt: new Date().toISOString(),
      ...authorship,
      encodedFolder,
    })
    await removeEncoded(encodedFolder)
    const warnings = [
      ...upload.warnings,
      ...(isDirty
        ? ['git has changes here that are not committed, so the commit is not all of it']
        : []),
    ]
    const first = { folder, version, services, environment: options.first }
    const revision = upload.revision ?? (await begin(context, first, upload.manifest, options))
    const next =
      revision === undefined ? toFirstCommand(first, services) : await toNextStep(api, version)
    const json = {
      ...{ target: target.name, version, folder, ...upload },
      ...(revision === undefined ? {} : { revision }),
      ...{ ...authorship, warnings, next },
    }
    if (!options.json)
      for (const warning of warnings) context.say(`${context.style.yellow('warning:')} ${warning}`)
    return { json, lines: toLines(json, performance.now() - startedAt) }
  },
})

type First = {
  readonly folder: string
  readonly version: string
  readonly services: readonly PublishedService[]
  readonly environment: string | undefined
}

/** The first document, where one is wished for: everybody gets this version. */
async function begin(
  context: Context,
  { version, services, environment }: First,
  manifest: string,
  options: PublishOptions,
): Promise<number | undefined> {
  if (environment === undefined) return undefined
  const document = {
    schema: 1,
    revision: 1,
    salt: (await context.target()).url.hostname.slice(0, MAX_SALT_CHARACTERS),
    environments: { [toEnvironmentName(environment)]: { version } },
    traffic: { [environment]: 100 },
    versions: { [version]: { manifest, services, published: new Date().toISOString() } },
  }
  const title = `Begin with ${environment} at ${version} for everybody`
  return (await beginDocument(context, title, document, options)).json.revision
}

function toFirstCommand({ folder, version }: First, services: readonly PublishedService[]): string {
  const given = services.flatMap(({ prefix, origins }) =>
    origins.map((origin) => `--service ${toShellWord(`${prefix}=${origin}`)}`),
  )
  return [
    'holo publish',
    toShellWord(folder),
    `--version ${version}`,
    ...given,
    '--first main',
  ].join(' ')
}

async function run(
  context: Context,
  api: Api,
  options: Parameters<typeof uploadFolder>[1],
): Promise<Upload> {
  const { signal, progress, env, shared } = context
  const bar = progress && !shared.json ? showProgress(options.id, progress, env) : undefined
  let last = { files: 0, ofFiles: 0, doing: '' }
  try {
    return await uploadFolder(
      createUploadTarget(api, signal),
      options,
      (step) => {
        last = step
        bar?.report(step)
      },
      signal,
    )
  } catch (cause) {
    const isLost = cause instanceof CliFailure && cause.exitCode === EXIT.unreachable
    if (!signal.aborted && !isLost) throw cause
    const sent =
      last.doing === 'uploading'
        ? `${last.files} of ${last.ofFiles} blobs are uploaded`
        : 'nothing is lost'
    const hint = `${sent}: the same command goes on from there`
    if (isLost)
      throw new CliFailure(cause.code, cause.exitCode, cause.message, { ...cause.details, hint })
    throw new CliFailure(
      'interrupted',
      EXIT.interrupted,
      `stopped; ${options.id} is not published`,
      { hint },
    )
  } finally {
    bar?.end()
  }
}

/** The newest versions that may be on screens; none while there is no document. */
async function loadVersions(api: Api): Promise<{ id: string; manifest: string }[]> {
  const version = z.object({
    id: z.string(),
    manifest: z.string(),
    published: z.string().optional(),
  })
  try {
    const { versions } = await api.ask(z.object({ versions: z.array(version) }), 'GET', '/versions')
    const time = (published: string | undefined) => Date.parse(published ?? '') || 0
    return versions
      .toReversed()
      .sort((a, b) => time(b.published) - time(a.published))
      .slice(0, MAX_RETAINED)
  } catch (cause) {
    if (cause instanceof CliFailure && cause.code === 'no_document') return []
    throw cause
  }
}

function toKey(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
}

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
