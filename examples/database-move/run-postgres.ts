// A PostgreSQL server of its own for the example: `node run-postgres.ts --port N`. Its data is in a temporary folder
// that is removed at the end. It listens on this machine only, and asks for no password.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Client } from 'pg'

const HOST = '127.0.0.1'
const ROLE = 'orders'
const START_TIMEOUT_MS = 60_000
const TRY_INTERVAL_MS = 100

const { values } = parseArgs({ options: { port: { type: 'string' } } })
const port = Number(values.port)
if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('--port N is needed')

const programs = findPrograms()
const user = findUser()
// Another user cannot enter root's temporary folder, if it has one of its own.
const folder = mkdtempSync(join(user ? '/tmp' : tmpdir(), 'orders-postgres-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
if (user) chownSync(folder, user.uid, user.gid)

execFileSync(
  join(programs, 'initdb'),
  ['-D', folder, '-U', ROLE, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
  { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
)
const settings = [
  `port=${port}`,
  `listen_addresses=${HOST}`,
  'unix_socket_directories=',
  'fsync=off',
]
const server = spawn(
  join(programs, 'postgres'),
  ['-D', folder, ...settings.flatMap((setting) => ['-c', setting])],
  { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
)
let log = ''
server.stderr.setEncoding('utf8').on('data', (text: string) => {
  log = (log + text).slice(-10_000)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // SIGINT is PostgreSQL's fast end: it does not wait for clients.
  process.on(signal, () => server.kill('SIGINT'))
}
const ended = once(server, 'exit')
await waitUntilReady(server)
console.log(`listening on postgres://${ROLE}@${HOST}:${port}/postgres`)
await ended

/** The folder of PostgreSQL's programs: that of PATH, or the newest where Debian puts them. */
function findPrograms(): string {
  const inPath = (process.env.PATH ?? '').split(':')
  const debian = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => toMajor(b) - toMajor(a))
  const found = [...inPath, ...debian].find(
    (at) => at !== '' && ['initdb', 'postgres'].every((name) => existsSync(join(at, name))),
  )
  if (found !== undefined) return found
  throw new Error(
    'PostgreSQL is not installed (Debian: apt-get install --no-install-recommends postgresql)',
  )
}

function toMajor(path: string): number {
  return Number(path.split('/')[4])
}

/** PostgreSQL refuses to run as root, so root runs it as the user of the package, or else as nobody. */
function findUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      spawnSync('id', [flag, name], { encoding: 'utf8' }),
    )
    if (uid?.status === 0 && gid?.status === 0) {
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is neither a user postgres nor nobody',
  )
}

async function waitUntilReady(process: ChildProcess): Promise<void> {
  const until = Date.now() + START_TIMEOUT_MS
  while (process.exitCode === null && Date.now() < until) {
    const client = new Client({ host: HOST, port, user: ROLE, database: 'postgres' })
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await sleep(TRY_INTERVAL_MS)
    }
  }
  process.kill('SIGINT')
  throw new Error(`PostgreSQL did not start:\n${log}`)
}
