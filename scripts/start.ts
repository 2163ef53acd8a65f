// `npm start`: runs the edge on this machine, with its data in a folder. The first start builds and publishes two
// versions of the example shop; later starts use them.

import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { readFirstToken } from '../src/local/first-token.ts'
import { Mistake } from '../src/local/mistake.ts'
import { isPortFree } from '../src/local/ports.ts'
import { makeSignInLink } from '../src/local/sign-in.ts'
import { greet } from './local/greeting.ts'
import type { NextRelease, RunningShop } from './local/shop.ts'
import type { SimulatedVisitors } from './local/visitors.ts'

const HELP = `npm start -- [options]

  --port N       port of the edge (8787)
  --data DIR     folder for all data (.holo)
  --no-example   start with what DIR holds, without the example shop
  --no-visitors  nobody visits the example shop: without it, simulated visitors do
  --help         this text`

const HOST = '127.0.0.1'
/** Changes, hand edits and counts should show on the next reload: calls cost nothing here. */
const LOCAL_INTERVALS = {
  KV_REFRESH_MS: '1000',
  CONTROL_REFRESH_MS: '500',
  STALE_AFTER_MS: '1000',
  COUNTS_FLUSH_MS: '1000',
  // A busy machine takes longer to ask the control than a data centre does.
  DOCUMENT_WAIT_MS: '2000',
}
/** After this time, a signal that has ended a backend has reached this process as well. */
const SIGNAL_GRACE_MS = 250

type Options = {
  readonly port: number
  readonly data: string
  readonly example: boolean
  readonly visitors: boolean
}

function readOptions(args: readonly string[]): Options | 'help' {
  let values: {
    port: string
    data: string
    'no-example': boolean
    'no-visitors': boolean
    help: boolean
  }
  try {
    values = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '8787' },
        data: { type: 'string', default: '.holo' },
        'no-example': { type: 'boolean', default: false },
        'no-visitors': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (cause) {
    throw new Mistake(`${cause instanceof Error ? cause.message : cause}\n\n${HELP}`, 2)
  }
  if (values.help) return 'help'
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port < 1 || port > 65_535) {
    throw new Mistake(`--port takes a number from 1 to 65535, not "${values.port}"`, 2)
  }
  if (values.data === '') throw new Mistake('--data takes the name of a folder', 2)
  const example = !values['no-example']
  return { port, data: resolve(values.data), example, visitors: example && !values['no-visitors'] }
}

async function start({ port, data, example, visitors }: Options): Promise<void> {
  if (!(await isPortFree(HOST, port))) {
    throw new Mistake(`port ${port} is in use: end what listens there, or start with --port N`)
  }
  await mkdir(data, { recursive: true }).catch((cause: Error) => {
    throw new Mistake(`the folder ${data} cannot be created: ${cause.message}`)
  })
  const token = await readFirstToken(data).catch((cause: Error) => {
    throw new Mistake(`the token of the admin API cannot be stored in ${data}: ${cause.message}`)
  })
  // These take a second to load, so they are loaded after the checks above.
  const { ensureDashboard } = await import('./dashboard/build.ts')
  await ensureDashboard()
  const { startEdge } = await import('./local/edge.ts')
  const { startShop } = await import('./local/shop.ts')
  const { startNextRelease } = await import('./local/shop.ts')
  const edge = await startEdge({
    host: HOST,
    port,
    dataDir: data,
    variables: {
      ...LOCAL_INTERVALS,
      ALLOW_INSECURE_ORIGINS: 'true',
      HOLO_ADMIN_TOKEN: token,
      // The host name of a deployment does not lead to this machine.
      DASHBOARD_HOST: '',
    },
  })
  let shop: RunningShop | undefined
  let next: NextRelease | undefined
  let crowd: SimulatedVisitors | undefined
  const stop = async () => {
    await crowd?.stop()
    const ends = [edge.dispose(), shop?.stop(), next?.backend.stop()]
    const failed = (await Promise.allSettled(ends)).find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  }
  const ending = endOnSignal(stop)
  try {
    shop = example ? await startShop(edge, data, HOST, token, ending.signal) : undefined
    if (example && !ending.signal.aborted) next = await startNextRelease(data, HOST)
  } catch (cause) {
    // Stopping during the start makes it fail, which needs no message.
    if (ending.signal.aborted) return
    await stop()
    throw cause
  }
  shop?.broken.then(async (message) => {
    // Ctrl-C also goes to the backends, which may end before this process.
    await sleep(SIGNAL_GRACE_MS)
    if (ending.signal.aborted) return
    console.error(message)
    return ending.begin(1)
  })
  if (ending.signal.aborted) return
  const signInLink = await makeSignInLink(edge.url, token)
  if (ending.signal.aborted) return
  if (visitors) {
    const { startVisitors } = await import('./local/visitors.ts')
    crowd = startVisitors(edge.url)
  }
  greet(edge.url, data, next, signInLink, visitors)
}

type Ending = {
  /** Aborted when it begins. */
  readonly signal: AbortSignal
  readonly begin: (exitCode: number) => Promise<void>
}

/** Stops everything on Ctrl-C or when the parent process ends; the second Ctrl-C ends at once. */
function endOnSignal(stop: () => Promise<unknown>): Ending {
  const ending = new AbortController()
  const begin = async (exitCode: number) => {
    if (ending.signal.aborted) process.exit(1)
    ending.abort()
    // Ctrl-C also ends workerd, which Miniflare may report as a failure.
    await stop().catch((cause) => console.error(`while ending: ${cause?.message ?? cause}`))
    process.exit(exitCode)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Miniflare's listener would exit at once and leave the backends running.
    process.removeAllListeners(signal)
    process.on(signal, () => begin(0))
  }
  return { signal: ending.signal, begin }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') console.log(HELP)
  else await start(options)
} catch (cause) {
  if (!(cause instanceof Mistake)) throw cause
  console.error(cause.message)
  process.exitCode = cause.exitCode
}
