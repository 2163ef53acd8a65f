// holo.json: its schema, from which schemas/holo.schema.json is generated, and how it is found and read.
// target.ts chooses the target of a command. holo.json never contains tokens.

import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import * as z from 'zod'
import { HTML_HANDLING, NOT_FOUND } from '../core/site/manifest-config.ts'
import { PLAN_NAME, planSchema } from '../document/plan-schema.ts'
import { service } from '../document/service.ts'
import { REDIRECTS_READINGS } from '../publish/redirects-file.ts'
import { FileRefusal, readRegularFile } from '../publish/regular-file.ts'
import { SOURCE_MAPS } from '../publish/source-maps.ts'
import { misuse } from './failure.ts'

export const CONFIG_FILE = 'holo.json'
/** A file with a hundred targets and plans has about 50 KB. */
const MAX_CONFIG_BYTES = 1024 * 1024
export const SCHEMA_ADDRESS = './node_modules/holo-edge/schemas/holo.schema.json'

const origin = z.string().max(300).describe('`https://…`, or `service:NAME` for another Worker')

const { prefix: _, ...SERVICE_FIELDS } = service.shape

const services = z
  .record(
    z.string().regex(/^\//, 'a prefix starts with "/"'),
    z.union([origin, z.array(origin).min(1).max(20), z.strictObject(SERVICE_FIELDS)]),
  )
  .describe(
    'Backends of a version by path prefix: an origin, a list of origins that take turns, or all fields of a service',
  )

const target = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .describe('The address of the site, below which the API is at /.holo/api/'),
  tokenEnv: z
    .string()
    .regex(/^HOLO_[A-Za-z0-9_]{1,100}$/, 'a variable that holds a token begins with HOLO_')
    .optional()
    .describe('The variable that holds the token, HOLO_…; HOLO_TOKEN when left out'),
  tokenFile: z
    .string()
    .optional()
    .describe(
      'A file that holds the token, below the folder of holo.json or in ~/.config/holo/; the variable has precedence',
    ),
  protected: z
    .boolean()
    .optional()
    .describe("On a terminal, a change has to be confirmed by typing the target's name"),
  services: services.optional().describe('Replace those of `publish` with the same prefix'),
})

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  target: z.string().optional().describe('The default target'),
  targets: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, 'a target is named with letters, digits, "._-"'),
      target,
    )
    .default({})
    .describe('The Holos that commands talk to, by name'),
  publish: z
    .strictObject({
      folder: z.string().optional().describe('The folder that `holo publish` publishes by default'),
      services: services.optional(),
      htmlHandling: z
        .enum(HTML_HANDLING)
        .optional()
        .describe('The addresses of pages (docs/http.md)'),
      notFound: z
        .enum(NOT_FOUND)
        .optional()
        .describe('What answers when no file matches; detected from the files when left out'),
      appPage: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The page of a single-page app; when left out, /200.html if there is one, else /index.html',
        ),
      redirects: z
        .enum(REDIRECTS_READINGS)
        .optional()
        .describe(
          'Which host `_redirects` was written for; detected from its syntax when left out',
        ),
      hashed: z
        .array(z.string())
        .optional()
        .describe('Globs of files whose names change with their content'),
      exclude: z.array(z.string()).optional().describe('Globs of paths that are not published'),
      allow: z
        .array(z.string())
        .optional()
        .describe(
          'Globs of files that are published although they look like server code or secrets',
        ),
      sourceMaps: z
        .enum(SOURCE_MAPS)
        .optional()
        .describe(
          'private (the default): only `holo errors` reads them; public: they are served; none: they are left out',
        ),
      frameworkPin: z
        .literal(false)
        .optional()
        .describe('false: what the framework of the build sends does not count as a pin'),
      floor: z
        .string()
        .optional()
        .describe('The oldest version that one may go back to from what is published'),
      anyFolder: z
        .boolean()
        .optional()
        .describe('Publishes the folder even if it does not look like a finished site'),
    })
    .optional(),
  rollouts: z
    .record(z.string().regex(PLAN_NAME, 'a plan is named with letters, digits, "._-"'), planSchema)
    .optional()
    .describe('Plans of rollouts by name. A plan is a preset with changes'),
})

export type Config = z.infer<typeof configSchema>
export type ConfigServices = z.infer<typeof services>

export type FoundConfig = {
  /** The folder of the file, from which its relative paths start. */
  readonly folder: string
  readonly file: string
  readonly config: Config
}

/** The file `named`, or the nearest holo.json from `cwd` upwards; `undefined` if there is none. */
export async function loadConfig(
  cwd: string,
  named: string | undefined,
): Promise<FoundConfig | undefined> {
  if (named !== undefined) {
    const file = resolve(cwd, named)
    const text = await readNamed(file)
    if (text === undefined) throw misuse(`there is no file ${named}`)
    return { folder: dirname(file), file, config: parseConfig(text, named) }
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = join(folder, CONFIG_FILE)
    const text = await readFound(file)
    if (text !== undefined) return { folder, file, config: parseConfig(text, file) }
    if (dirname(folder) === folder) return undefined
  }
}

/** Reads a file that nobody has named. It may be a stranger's, so it must be a regular file of bounded size. */
async function readFound(file: string): Promise<string | undefined> {
  try {
    const bytes = await readRegularFile(dirname(file), basename(file), MAX_CONFIG_BYTES)
    return bytes?.toString('utf8')
  } catch (cause) {
    if (cause instanceof FileRefusal) throw misuse(`${file} ${cause.message}`)
    throw cause
  }
}

async function readNamed(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw misuse(`${file} cannot be read: ${message}`)
  }
}

function parseConfig(text: string, file: string): Config {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    // The message of the parser quotes the file, which may contain a secret, so only the position is shown.
    const place = /at position \d+(?: \(line \d+ column \d+\))?/.exec(String(cause))?.[0]
    throw misuse(`${file} is not JSON${place ? `: there is a mistake ${place}` : ''}`)
  }
  const parsed = configSchema.safeParse(raw)
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map(
    ({ path, message }) => `  ${path.map(String).join('.') || 'the file'}: ${message}`,
  )
  throw misuse(`${file} is not valid:\n${lines.join('\n')}`)
}
