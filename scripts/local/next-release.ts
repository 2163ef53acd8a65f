// A third release of the example shop, built and with its backend running but not published: to try the
// `holo` command with.

import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NEXT_RELEASE, shopServer } from '../../examples/shop/releases.ts'
import { type Backend, startBackend } from './backend-process.ts'
import { Mistake } from './mistake.ts'
import { findFreePort, isPortFree } from './ports.ts'

export type NextRelease = {
  /** What to publish. */
  readonly folder: string
  readonly version: string
  readonly backend: Backend
}

/** @throws Mistake when the port is taken that a published version may name. */
export async function startNextRelease(dataDir: string, host: string): Promise<NextRelease> {
  const folder = join(dataDir, `shop-${NEXT_RELEASE}`)
  const port = await choosePort(join(dataDir, 'shop-next-port'), host)
  const backend = await startBackend(shopServer('c'), port)
  try {
    if (!(await stat(join(folder, 'index.html')).catch(() => undefined))) {
      const { buildShop } = await import('../../examples/shop/build.ts')
      await buildShop('c', folder)
    }
  } catch (cause) {
    await backend.stop()
    throw cause
  }
  return { folder, version: NEXT_RELEASE, backend }
}

/** Chosen once for a data folder, because a published version names it. */
async function choosePort(file: string, host: string): Promise<number> {
  const kept = Number(await readFile(file, 'utf8').catch(() => '0'))
  if (!kept) {
    const port = await findFreePort(host)
    await writeFile(file, String(port))
    return port
  }
  if (await isPortFree(host, kept)) return kept
  throw new Mistake(
    `port ${kept} is taken, where the backend of shop ${NEXT_RELEASE} is expected: ` +
      'end what listens there, or start with another --data',
  )
}
