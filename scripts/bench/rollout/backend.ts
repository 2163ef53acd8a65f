// The backend of all releases, in its own process. It fails or is slow as releases.ts defines for the version that
// Holo names in its header, always for the same visitors.

import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { type Fault, RELEASES, USUAL_FAILURES, USUAL_MS } from './releases.ts'

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })

/** A number from 0 to 1 for each visitor and release, so that different visitors fail with each release. */
function toLuck(visitor: string, version: string): number {
  return createHash('sha256').update(`${version} ${visitor}`).digest().readUInt32BE() / 2 ** 32
}

function toStatus(fault: Fault | undefined): number {
  if (fault === 'gone') return 404
  if (fault === 'elsewhere') return 302
  return fault === 'forbidden' ? 403 : 200
}

const server = createServer((request, response) => {
  const visitor = String(request.headers['holo-visitor'])
  const version = String(request.headers['holo-version'])
  const release = RELEASES.find((one) => one.version === version)
  const failures = USUAL_FAILURES + (release?.failures ?? 0)
  setTimeout(
    () => {
      response.statusCode = toLuck(visitor, version) < failures ? 500 : toStatus(release?.fault)
      response.setHeader('content-type', 'application/json')
      if (release?.fault === 'elsewhere') {
        response.setHeader('location', 'https://old.example.net/sign-in')
      }
      const body =
        release?.fault === 'error-body' ? '{"errors":["no such field"]}\n' : '{"items":[]}\n'
      if (release?.fault !== 'broken-off') {
        response.end(body)
        return
      }
      response.setHeader('content-length', 10_000)
      response.write(body)
      setTimeout(() => response.destroy(), 20)
    },
    USUAL_MS + (release?.slowerMs ?? 0),
  )
})
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${values.port}`)
})
