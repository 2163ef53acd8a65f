// What `holo doctor` finds out in the project itself: holo.json, the build, wrangler.toml, and what the free plan of
// Cloudflare holds of it. Nothing is changed.

import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parse } from 'smol-toml'
import { toSize } from '../../core/amounts.ts'
import { FileRefusal, readRegularFile } from '../../publish/regular-file.ts'
import { CONFIG_FILE, type FoundConfig, loadConfig } from '../config.ts'
import { CliFailure } from '../failure.ts'
import { toCount } from '../words.ts'
import { findFaults, readConfig } from '../wrangler-config.ts'
import { isOfHolo, makeWranglerToml } from '../wrangler-template.ts'
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
  const measured = await measure(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === undefined) throw cause
    return cause
  })
  if (measured instanceof Error) {
    const mend = 'let this user read all of it'
    return [project.wrong('the build', `${named} cannot be read: ${measured.message}`, mend)]
  }
  const { files, bytes } = measured
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

async function checkWrangler(folder: string, packageRoot: string): Promise<Diagnosis[]> {
  const name = 'wrangler.toml'
  const text = await readText(folder, name)
  if (text === undefined)
    return [project.unknown(name, 'there is none here', 'holo init, or holo deploy')]
  try {
    parse(text)
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
  const template = await makeWranglerToml(packageRoot, 'holo', 'node_modules/holo-edge')
  const faults = findDeployFaults(text, name, template)
  if (faults.length === 0) return [project.fine(name, 'it has all that this release needs')]
  return faults.map((message) =>
    project.wrong(name, message, 'compare it with a new one: holo init --force --dry-run'),
  )
}

/** What `holo deploy` would refuse, apart from where the package is. */
function findDeployFaults(text: string, name: string, template: string): readonly string[] {
  try {
    const faults = findFaults(readConfig(text, name), template)
    return faults.map(({ path, message }) => `${path}: ${message}`)
  } catch (cause) {
    if (!(cause instanceof CliFailure)) throw cause
    const { problems = [] } = cause.details
    return [cause.message, ...problems.map(({ path, message }) => `${path}: ${message}`)]
  }
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
