// The part of the `ws` package (which comes with miniflare) that the chat uses; it brings no types.

declare module 'ws' {
  import type { EventEmitter } from 'node:events'
  import type { IncomingMessage } from 'node:http'
  import type { Duplex } from 'node:stream'

  export class WebSocket extends EventEmitter {
    readonly protocol: string
    send(data: string | Buffer, options?: { binary: boolean }): void
    ping(data?: string | Buffer): void
    close(code?: number, reason?: string): void
    terminate(): void
  }

  export class WebSocketServer extends EventEmitter {
    readonly clients: ReadonlySet<WebSocket>
    constructor(options: {
      noServer: true
      maxPayload?: number
      handleProtocols?: (offered: ReadonlySet<string>) => string | false
    })
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      callback: (client: WebSocket) => void,
    ): void
  }
}
