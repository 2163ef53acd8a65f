// The backend of all releases, in its own process. It fails or is slow as releases.ts defines for the version that
// Holo names in its header, always for the same visitors.

import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { RELEASES, USUAL_FAILURES, USUAL_MS } from './releases.ts'

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })

/** A number from 0 to 1 for each visitor and release, so that different visitors fail with each release. */
function toLuck(visitor: string, version: string): number {
  return createHash('sha256').update(`${version} ${visitor}`).digest().readUInt32BE() / 2 ** 32
}

const server = createServer((request, response) => {
  const visitor = String(request.headers['holo-visitor'])
  const version = String(request.headers['holo-version'])
  const release = RELEASES.find((one) => one.version === version)
  const failures = USUAL_FAILURES + (release?.failures ?? 0)
  setTimeout(
    () => {
      response.statusCode = toLuck(visitor, version) < failures ? 500 : 200
      response.setHeader('content-type', 'application/json')
      response.end('{"items":[]}\n')
    },
    USUAL_MS + (release?.slowerMs ?? 0),
  )
})
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${values.port}`)
})
