// Keeps no files, but takes and gives bytes without end: `PUT /files/x` answers with the digest of
// what came, `GET /files/x?bytes=N` sends N bytes, and `/files/digest?bytes=N` says which they are.

import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { listen } from './listen.ts'
import { madeBytes } from './made-bytes.ts'

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://files')
  const length = Number(searchParams.get('bytes'))
  const hash = createHash('sha256')
  if (request.method === 'PUT') {
    let bytes = 0
    for await (const chunk of request) {
      hash.update(chunk)
      bytes += chunk.length
    }
    response.end(JSON.stringify({ bytes, sha256: hash.digest('hex') }))
  } else if (pathname === '/files/digest') {
    for (const chunk of madeBytes(length)) hash.update(chunk)
    response.end(JSON.stringify({ bytes: length, sha256: hash.digest('hex') }))
  } else {
    response.writeHead(200, { 'content-length': length })
    // A client may leave before the end.
    await pipeline(Readable.from(madeBytes(length)), response).catch(() => response.destroy())
  }
})

await listen(server)
