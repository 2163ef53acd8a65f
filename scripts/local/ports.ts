// Ports of this machine: whether one is free, and which one is.

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** Whether `host:port` can be listened on. @throws what is wrong with it beside being taken. */
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

/** A port that nobody listens on. */
export async function findFreePort(host: string): Promise<number> {
  const server = createServer().listen({ host, port: 0 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
