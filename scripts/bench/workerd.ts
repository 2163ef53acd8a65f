// Runs Workers in workerd itself, without miniflare.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export type BareWorker = {
  /** Source texts by module name; the first is the entry. */
  readonly modules: Readonly<Record<string, string>>
  /** A text becomes a text binding, bytes become an ArrayBuffer, anything else becomes a JSON binding. */
  readonly bindings: Readonly<Record<string, unknown>>
  readonly compatibilityDate: string
  readonly compatibilityFlags?: readonly string[]
  /** Workers without a port, which this one calls by binding. */
  readonly services?: Readonly<Record<string, BareWorker>>
  /** KV namespaces by binding, with their values by key. workerd reads them from files, without a further Worker. */
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>
}

export type BareWorkerd<Name extends string> = {
  readonly urls: Readonly<Record<Name, URL>>
  /** When the process was started, as `performance.now()` counts. */
  readonly startedAt: number
  /** The CPU time of the process so far in milliseconds; `undefined` if the system does not report it. */
  readonly readCpuMs: () => number | undefined
  readonly dispose: () => Promise<void>
}

const WORKERD = fileURLToPath(new URL('../../node_modules/workerd/bin/workerd', import.meta.url))
const HOST = '127.0.0.1'
const START_TIMEOUT_MS = 15_000
const MS_PER_TICK = 10

/**
 * Starts one workerd that serves each Worker on its own free port. The Workers can only reach this machine.
 *
 * @throws Error with the output of workerd when it does not start to listen.
 */
export async function startWorkerd<Name extends string>(
  workers: Readonly<Record<Name, BareWorker>>,
): Promise<BareWorkerd<Name>> {
  const folder = await mkdtemp(join(tmpdir(), 'holo-bench-'))
  const config = await writeConfig(folder, workers)
  const startedAt = performance.now()
  const child = spawn(WORKERD, ['serve', '--control-fd=3', config], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const dispose = async () => {
    child.kill('SIGKILL')
    await exited
    await rm(folder, { recursive: true, force: true })
  }
  let written = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    written = (written + text).slice(-4000)
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  try {
    const names = new Set(Object.keys(workers))
    const urls = await readPorts(child.stdio[3] as Readable, names)
    if (!urls) throw new Error(`workerd did not start:\n${written}`)
    return {
      urls: urls as Record<Name, URL>,
      startedAt,
      readCpuMs: () => readCpuMs(child.pid),
      dispose,
    }
  } catch (cause) {
    await dispose()
    throw cause
  } finally {
    clearTimeout(timer)
  }
}

/** User and system time of all threads of the process, which Linux counts in ticks (proc_pid_stat(5)). */
function readCpuMs(pid: number | undefined): number | undefined {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return undefined
  // After the name in parentheses come the state and 10 other fields, then the two times.
  const fields = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

/** The address of each socket, which workerd reports; `undefined` when workerd ends before. */
async function readPorts(
  control: Readable,
  names: ReadonlySet<string>,
): Promise<Record<string, URL> | undefined> {
  const urls: Record<string, URL> = {}
  for await (const line of createInterface({ input: control })) {
    const { event, socket, port } = JSON.parse(line)
    if (event === 'listen' && names.has(socket)) urls[socket] = new URL(`http://${HOST}:${port}`)
    if (Object.keys(urls).length === names.size) return urls
  }
  return undefined
}

/** Writes the configuration, and the files that it names. */
async function writeConfig(
  folder: string,
  workers: Readonly<Record<string, BareWorker>>,
): Promise<string> {
  const services = ['(name = "internet", network = (allow = ["local"]))']
  const sockets: string[] = []
  for (const [name, worker] of Object.entries(workers)) {
    services.push(...(await writeWorker(folder, name, worker)))
    sockets.push(`(name = "${name}", address = "${HOST}:0", http = (), service = "${name}")`)
  }
  const file = join(folder, 'config.capnp')
  await writeFile(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${services.join(',\n    ')}],
  sockets = [${sockets.join(',\n    ')}],
);
`,
  )
  return file
}

/** The services of a Worker, of the Workers that it calls, and of its namespaces. */
async function writeWorker(folder: string, name: string, worker: BareWorker): Promise<string[]> {
  const embed = async (file: string, content: string | Uint8Array) => {
    await writeFile(join(folder, `${name}-${file}`), content)
    return `embed "${name}-${file}"`
  }
  const parts: string[] = []
  for (const [module, source] of Object.entries(worker.modules)) {
    parts.push(`(name = "${module}", esModule = ${await embed(module, source)})`)
  }
  const bound: string[] = []
  for (const [binding, value] of Object.entries(worker.bindings)) {
    const [type, content] = toBinding(value)
    bound.push(`(name = "${binding}", ${type} = ${await embed(binding, content)})`)
  }
  const others: string[] = []
  for (const [binding, called] of Object.entries(worker.services ?? {})) {
    const service = `${name}-${binding}`
    others.push(...(await writeWorker(folder, service, called)))
    bound.push(`(name = "${binding}", service = "${service}")`)
  }
  for (const [binding, values] of Object.entries(worker.namespaces ?? {})) {
    const service = `${name}-${binding}`
    const path = join(folder, service)
    await mkdir(path)
    for (const [key, value] of Object.entries(values)) await writeFile(join(path, key), value)
    others.push(`(name = "${service}", disk = (path = "${path}"))`)
    bound.push(`(name = "${binding}", kvNamespace = "${service}")`)
  }
  const own = `(name = "${name}", worker = (compatibilityDate = "${worker.compatibilityDate}",
        compatibilityFlags = ${JSON.stringify(worker.compatibilityFlags ?? [])},
        modules = [${parts.join(', ')}], bindings = [${bound.join(', ')}]))`
  return [...others, own]
}

function toBinding(value: unknown): [type: 'text' | 'data' | 'json', content: string | Uint8Array] {
  if (typeof value === 'string') return ['text', value]
  if (value instanceof Uint8Array) return ['data', value]
  return ['json', JSON.stringify(value)]
}
