// Installs PostgreSQL where it is missing and may be installed, as the browser tests do with Chromium.

import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'

const INSTALL_TIMEOUT_MS = 240_000

/** @throws Error with the way to mend it, when PostgreSQL is missing and cannot be installed. */
export function installPostgres(): void {
  if (hasPostgres()) return
  const isRoot = process.getuid?.() === 0
  if (isRoot && existsSync('/usr/bin/apt-get')) {
    aptGet('update')
    aptGet('install', '-y', '--no-install-recommends', 'postgresql')
  }
  if (hasPostgres()) return
  throw new Error(
    'This test needs PostgreSQL. Install it (Debian: apt-get install --no-install-recommends postgresql).',
  )
}

function hasPostgres(): boolean {
  const folders = [...(process.env.PATH ?? '').split(':'), ...globSync('/usr/lib/postgresql/*/bin')]
  return folders.some((folder) => folder !== '' && existsSync(join(folder, 'initdb')))
}

function aptGet(...args: string[]): void {
  console.log(`No PostgreSQL yet: apt-get ${args.join(' ')}`)
  spawnSync('apt-get', args, {
    stdio: 'ignore',
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}
