// What `holo doctor` finds out in the project itself: holo.json, the build, wrangler.toml, and what the free plan of
// Cloudflare holds of it. Nothing is changed.

import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parse } from 'smol-toml'
import { toSize } from '../../core/amounts.ts'
import { FileRefusal, readRegularFile } from '../../publish/regular-file.ts'
import { CONFIG_FILE, type FoundConfig, loadConfig } from '../config.ts'
import { CliFailure } from '../failure.ts'
import { isOfHolo, makeWranglerToml } from '../init/wrangler.ts'
import { toCount } from '../words.ts'
import { type Diagnosis, diagnosesOf } from './diagnosis.ts'

const project = diagnosesOf('project')

/** Of Cloudflare's free plan (docs/operations.md). */
const FREE_R2_BYTES = 10e9
const FREE_R2_WRITES_A_MONTH = 1_000_000
/** Of a blob with its two encoded forms. */
const WRITES_OF_A_FILE = 3
/** As many versions stay by default: RETAIN_VERSIONS. */
const RETAINED_VERSIONS = 10
const PUBLICATIONS_A_MONTH = 30
/** More are not counted: whoever has as many is beyond the free plan. */
const MAX_COUNTED_FILES = 200_000
const MAX_TEXT_BYTES = 1024 * 1024

type ProjectOptions = {
  readonly cwd: string
  /** The folder of the package, with the template of wrangler.toml. */
  readonly packageRoot: string
}

export async function checkProject({ cwd, packageRoot }: ProjectOptions): Promise<Diagnosis[]> {
  const config = await loadConfig(cwd, undefined).catch((cause) => {
    if (cause instanceof CliFailure) return cause
    throw cause
  })
  if (config instanceof CliFailure) {
    const mend = 'correct it: docs/cli.md has an example, and editors know its schema'
    return [project.wrong(CONFIG_FILE, config.message, mend)]
  }
  if (!config) return [project.unknown(CONFIG_FILE, 'there is none here', 'holo init')]
  const { folder } = config
  return [
    Object.keys(config.config.targets).length > 0
      ? project.fine(CONFIG_FILE, relative(cwd, config.file) || CONFIG_FILE)
      : project.warning(CONFIG_FILE, 'it names no target yet', 'holo init --url https://…'),
    ...(await checkBuild(config)),
    ...(await checkWrangler(folder, packageRoot)),
    ...(await checkData(folder)),
  ]
}

async function checkBuild({ folder, config }: FoundConfig): Promise<Diagnosis[]> {
  const named = config.publish?.folder
  if (named === undefined) return []
  const path = join(folder, named)
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) {
    return [
      project.warning('the build', `${named} is not there`, 'run the build before you publish'),
    ]
  }
  const { files, bytes } = await measure(path)
  const retained = bytes * RETAINED_VERSIONS
  const writes = files * WRITES_OF_A_FILE * PUBLICATIONS_A_MONTH
  const size = `${toCount(files, 'file')}, ${toSize(bytes)}`
  return [
    project.fine('the build', `${named}: ${size}`),
    retained > FREE_R2_BYTES
      ? project.warning(
          'the free plan',
          `${RETAINED_VERSIONS} versions that share no file need ${toSize(retained)}: R2 has ${toSize(FREE_R2_BYTES)} free of charge`,
          'lower RETAIN_VERSIONS in wrangler.toml, or pay $0.015 a month for each GB more',
        )
      : writes > FREE_R2_WRITES_A_MONTH
        ? project.warning(
            'the free plan',
            `a publication a day in which every file has changed makes ${toCount(writes, 'write')} a month: R2 has ${toCount(FREE_R2_WRITES_A_MONTH, 'write')} free of charge`,
            'files with a hash in their names change less often; a million writes more cost $4.50',
          )
        : project.fine(
            'the free plan',
            'storage and writes of R2 are enough for a publication a day',
          ),
  ]
}

/** Without what is never published: packages, and names that begin with a dot. */
async function measure(folder: string): Promise<{ files: number; bytes: number }> {
  let [files, bytes] = [0, 0]
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const inside = join(relative(folder, entry.parentPath), entry.name)
    const isCounted = entry.isFile() && !/(?:^|[\\/])(?:\.|node_modules[\\/])/.test(inside)
    if (!isCounted || files >= MAX_COUNTED_FILES) continue
    files++
    bytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return { files, bytes }
}

type Toml = Readonly<Record<string, unknown>>

async function checkWrangler(folder: string, packageRoot: string): Promise<Diagnosis[]> {
  const name = 'wrangler.toml'
  const text = await readText(folder, name)
  if (text === undefined)
    return [project.unknown(name, 'there is none here', 'holo init, or holo deploy')]
  let toml: Toml
  try {
    toml = parse(text)
  } catch (cause) {
    const [message = ''] = (cause as Error).message.split('\n')
    return [project.wrong(name, `it is not TOML: ${message}`, 'correct it')]
  }
  if (!isOfHolo(text)) {
    return [
      project.unknown(
        name,
        'it is of another Worker',
        'holo init --no-wrangler leaves it as it is',
      ),
    ]
  }
  const template = parse(await makeWranglerToml(packageRoot, 'holo', 'node_modules/holo-edge'))
  const missing = findMissing(toml, template)
  if (missing.length === 0) return [project.fine(name, 'it has all that this release needs')]
  return missing.map((message) =>
    project.wrong(name, message, 'compare it with a new one: holo init --force --dry-run'),
  )
}

/** What the template has and the file does not: bindings, migrations, triggers, flags, and a date that is as new. */
export function findMissing(toml: Toml, template: Toml): string[] {
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
  const keys = (from: Toml, name: string, key: string) =>
    list(from[name]).map((one) => String(Object(one)[key]))
  const bindings = (from: Toml) => ({ all: list(Object(from.durable_objects).bindings) })
  const parts: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ...(['kv_namespaces', 'r2_buckets'] as const).map(
      (name) => [name, keys(toml, name, 'binding'), keys(template, name, 'binding')] as const,
    ),
    [
      'durable_objects.bindings',
      keys(bindings(toml), 'all', 'name'),
      keys(bindings(template), 'all', 'name'),
    ],
    ['migrations', keys(toml, 'migrations', 'tag'), keys(template, 'migrations', 'tag')],
    [
      'triggers.crons',
      list(Object(toml.triggers).crons).map(String),
      list(Object(template.triggers).crons).map(String),
    ],
    [
      'compatibility_flags',
      list(toml.compatibility_flags).map(String),
      list(template.compatibility_flags).map(String),
    ],
  ]
  const assets = (from: Toml) => Object(from.assets) as Toml
  const wanted = ['binding', 'run_worker_first', 'html_handling', 'not_found_handling']
  return [
    ...parts.flatMap(([name, has, needs]) =>
      needs.filter((one) => !has.includes(one)).map((one) => `${name} has no "${one}"`),
    ),
    ...wanted
      .filter((name) => assets(toml)[name] !== assets(template)[name])
      .map((name) => `assets.${name} is not ${JSON.stringify(assets(template)[name])}`),
    ...(String(toml.compatibility_date) < String(template.compatibility_date)
      ? [`compatibility_date is before ${template.compatibility_date}`]
      : []),
  ]
}

/** The data of local runs holds a token, which must not get into the repository. */
async function checkData(folder: string): Promise<Diagnosis[]> {
  const data = join(folder, '.holo')
  if (!(await stat(data).catch(() => undefined))) return []
  const [inside, beside] = [
    await readText(data, '.gitignore'),
    await readText(folder, '.gitignore'),
  ]
  const isIgnored = /^\*\s*$/m.test(inside ?? '') || /^\/?\.holo\/?\s*$/m.test(beside ?? '')
  if (isIgnored) return [project.fine('.holo', 'git leaves it out')]
  return [
    project.wrong(
      '.holo',
      'git does not leave it out, and it holds a token',
      'add ".holo/" to .gitignore',
    ),
  ]
}

async function readText(folder: string, name: string): Promise<string | undefined> {
  try {
    return (await readRegularFile(folder, name, MAX_TEXT_BYTES))?.toString('utf8')
  } catch (cause) {
    if (cause instanceof FileRefusal) return undefined
    throw cause
  }
}
