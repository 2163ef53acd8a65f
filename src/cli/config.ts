// holo.json: its shape, from which schemas/holo.schema.json is made, and reading it. target.ts chooses
// the target that a command talks to. Tokens are never in this file.

import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import * as z from 'zod'
import { HTML_HANDLING, NOT_FOUND } from '../core/site/manifest-config.ts'
import { PLAN_NAME, planSchema } from '../document/plan-schema.ts'
import { service } from '../document/service.ts'
import { REDIRECTS_READINGS } from '../publish/redirects-file.ts'
import { FileRefusal, readRegularFile } from '../publish/regular-file.ts'
import { misuse } from './failure.ts'

export const CONFIG_FILE = 'holo.json'
/** A hundred targets and plans have some 50 KB. */
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
    'Backends of a version by path prefix: an origin, several in turn, or all there is to say',
  )

const target = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .describe('Where the site is: the API is below it, at /.holo/api/'),
  tokenEnv: z
    .string()
    .regex(/^HOLO_[A-Za-z0-9_]{1,100}$/, 'a variable that holds a token begins with HOLO_')
    .optional()
    .describe('The variable that holds the token, HOLO_…; HOLO_TOKEN when left out'),
  tokenFile: z
    .string()
    .optional()
    .describe(
      "A file that holds the token: below this file's folder, or ~/.config/holo/…; the variable goes first",
    ),
  protected: z
    .boolean()
    .optional()
    .describe("On a terminal a change asks for the target's name to be typed"),
  services: services.optional().describe('Instead of those of `publish` with the same prefix'),
})

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  target: z.string().optional().describe('The target that is meant when none is named'),
  targets: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, 'a target is named with letters, digits, "._-"'),
      target,
    )
    .default({})
    .describe('Every Holo that commands talk to, by name'),
  publish: z
    .strictObject({
      folder: z.string().optional().describe('What `holo publish` publishes when none is named'),
      services: services.optional(),
      htmlHandling: z
        .enum(HTML_HANDLING)
        .optional()
        .describe('Under which address a page is found (docs/http.md)'),
      notFound: z
        .enum(NOT_FOUND)
        .optional()
        .describe('What answers where nothing is; found from the files when left out'),
      appPage: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The page of a single-page app: /200.html or the like if there is one, else /index.html',
        ),
      redirects: z
        .enum(REDIRECTS_READINGS)
        .optional()
        .describe('Whose meaning `_redirects` has; told by its syntax when left out'),
      hashed: z
        .array(z.string())
        .optional()
        .describe('Globs of paths whose names change with their content'),
      exclude: z.array(z.string()).optional().describe('Globs of paths that are not published'),
      allow: z
        .array(z.string())
        .optional()
        .describe('Globs of paths that are published though they look like server code or secrets'),
      anyFolder: z
        .boolean()
        .optional()
        .describe('Publishes the folder also where it does not look like a finished site'),
    })
    .optional(),
  rollouts: z
    .record(z.string().regex(PLAN_NAME, 'a plan is named with letters, digits, "._-"'), planSchema)
    .optional()
    .describe('Plans of rollouts by name, each a preset that is changed where something is said'),
})

export type Config = z.infer<typeof configSchema>
export type ConfigServices = z.infer<typeof services>

export type FoundConfig = {
  /** Where relative paths in it begin. */
  readonly folder: string
  readonly file: string
  readonly config: Config
}

/** That of `named`, or the first holo.json from `cwd` upwards; `undefined` where there is none. */
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

/** One that was found, and not named, may be anybody's. */
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
    // The parser's own message quotes the text, which may be a secret in a file that was taken for holo.json.
    const place = /at position \d+(?: \(line \d+ column \d+\))?/.exec(String(cause))?.[0]
    throw misuse(`${file} is not JSON${place ? `: something is wrong ${place}` : ''}`)
  }
  const parsed = configSchema.safeParse(raw)
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map(
    ({ path, message }) => `  ${path.map(String).join('.') || 'the file'}: ${message}`,
  )
  throw misuse(`${file} is not as it should be:\n${lines.join('\n')}`)
}
