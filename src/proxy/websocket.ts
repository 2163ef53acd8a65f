// WebSocket through the proxy (RFC 6455): which request asks for one, and how the backend's
// agreement becomes the client's. The messages pass inside the platform, unseen by this code.

/** Whether the request wants to speak WebSocket; other protocols to upgrade to do not pass. */
export function isWebSocketUpgrade({ method, headers }: Request): boolean {
  return method === 'GET' && headers.get('upgrade')?.trim().toLowerCase() === 'websocket'
}

/**
 * The answer 101 that hands the backend's socket to the client, with `headers` as they shall reach
 * it: the agreed subprotocol and extensions are among them, the handshake itself is the platform's.
 */
export function passWebSocket(webSocket: WebSocket, headers: Headers): Response {
  return new Response(null, { status: 101, webSocket, headers })
}
