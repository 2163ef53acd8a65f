// A chat over WebSocket. Who says something is heard by all, in the form it was said; the room
// `/chat/closed` refuses everybody. Commands: `/leave` is answered by a close code of the chat's own,
// `/log` by what the chat has seen of closed connections.

import { createServer } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import { listen } from './listen.ts'

const MAX_MESSAGE_BYTES = 4 * 2 ** 20

/** How connections ended, as `code reason`. */
const log: string[] = []

const server = createServer((_, response) => {
  response.writeHead(426, { upgrade: 'websocket' }).end('this is a chat')
})

const room = new WebSocketServer({
  noServer: true,
  maxPayload: MAX_MESSAGE_BYTES,
  handleProtocols: (offered) => (offered.has('chat.v2') ? 'chat.v2' : false),
})

room.on('headers', (headers: string[]) => {
  headers.push('Set-Cookie: seat=7', 'Set-Cookie: holo-pin=forged', 'Holo-Version: forged')
  headers.push('X-Room: lobby')
})

server.on('upgrade', (request, socket, head) => {
  if (request.url?.startsWith('/chat/closed')) {
    const refusal = 'the room is closed'
    socket.end(
      'HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\n' +
        `Content-Length: ${refusal.length}\r\n\r\n${refusal}`,
    )
    return
  }
  room.handleUpgrade(request, socket, head, (client) => {
    welcome(client, request.headers['holo-visitor'])
  })
})

function welcome(client: WebSocket, visitor: string | string[] | undefined): void {
  client.send(`welcome ${visitor}`)
  client.on('close', (code: number, reason: Buffer) => log.push(`${code} ${reason}`.trim()))
  client.on('message', (message: Buffer, binary: boolean) => {
    const command = binary ? '' : String(message)
    if (command === '/leave') client.close(4001, 'until next time')
    else if (command === '/log') client.send(JSON.stringify(log))
    else if (command === '/drop') client.terminate()
    else for (const other of room.clients) other.send(message, { binary })
  })
}

await listen(server)
