// Starts a server of these tests as its own process: `--port N`, and a line that says where it is.

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'

/** Port 0 takes any free port. */
export async function listen(server: Server): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })
  server.listen(Number(values.port), '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  process.on('SIGTERM', () => process.exit(0))
  console.log(`listening on http://127.0.0.1:${port}`)
}
