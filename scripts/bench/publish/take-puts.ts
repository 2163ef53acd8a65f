// A server that takes PUTs, reads their bodies and keeps nothing: no upload of so many files can be faster.

import { createServer } from 'node:http'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })

createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(204).end())
}).listen(Number(values.port), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${values.port}`)
})
