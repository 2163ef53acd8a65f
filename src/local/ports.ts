// Finds free ports of this machine.

import { once } from 'node:events'
import { createServer } from 'node:net'

/** Whether `host:port` is free. @throws any other error than that the port is in use. */
export async function isPortFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw cause
  } finally {
    server.close()
  }
}

/** Below the ports that systems use for outgoing connections, which could take the port a moment later. */
const FIRST_PORT = 20_000
const PORTS = 10_000
const MOST_TRIES = 100

/** A free port. @throws Error when none is found. */
export async function findFreePort(host: string): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    if (await isPortFree(host, port)) return port
  }
  const last = FIRST_PORT + PORTS - 1
  throw new Error(`no port of ${host} from ${FIRST_PORT} to ${last} seems to be free`)
}
