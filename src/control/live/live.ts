// The viewers: WebSockets of open dashboards, which hear of events and of stored windows of counts. They
// hibernate: while nothing happens, the control may sleep. access/ decides whose credential is valid.

import type { HoloEvent } from '../../wire/events.ts'
import { LIVE_CLOSE, LIVE_PING, LIVE_PONG, LIVE_SEEN, type LiveMessage } from '../../wire/live.ts'
import type { Access, Admitted } from '../access/authority.ts'
import type { Ticket } from '../access/prover.ts'
import { toOwner } from '../one-at-a-time.ts'
import type { Outbox, Subscriber } from '../outbox.ts'
import {
  ACCESS_VIEWER_MS,
  MAX_LIVE_MESSAGE_CHARACTERS,
  MAX_SOCKETS,
  MAX_UNSEEN_CHARACTERS,
  MAX_VIEWERS,
  MAX_VIEWERS_PER_OWNER,
} from './limits.ts'

/** What the platform keeps with a WebSocket while the control sleeps. `null` once it is being closed. */
type Viewer = {
  readonly owner: string
  readonly ticket: Ticket
  readonly since: number
  /** The characters of the messages that it has not said to have seen. */
  readonly unseen: number
}

export type LiveDeps = {
  readonly sockets: Pick<
    DurableObjectState,
    'acceptWebSocket' | 'getWebSockets' | 'setWebSocketAutoResponse'
  >
  readonly now: () => number
  readonly isValid: Access['isValid']
  /** The revision of the document; 0 while there is none. */
  readonly revision: () => number
  readonly outbox: Outbox
}

export class Live {
  readonly #parts: LiveDeps
  readonly #subscriber: Subscriber = {
    name: 'live',
    deliver: (events) => this.#tell(events.map(toEventMessage)),
  }

  constructor(parts: LiveDeps) {
    this.#parts = parts
    // The control has slept while these were connected: what happened since is in the outbox.
    if (this.#listViewers().length > 0) parts.outbox.subscribe(this.#subscriber, 'continue')
  }

  /** The reply that makes the request a WebSocket; `undefined` if there are too many already. */
  open({ principal, ticket }: Admitted): Response | undefined {
    const { sockets, now, revision, outbox } = this.#parts
    if (sockets.getWebSockets().length >= MAX_SOCKETS) return undefined
    const owner = toOwner(principal)
    const viewers = this.#listViewers()
    const { 0: client, 1: server } = new WebSocketPair()
    sockets.acceptWebSocket(server)
    const own = viewers.filter(([, viewer]) => viewer.owner === owner)
    if (viewers.length >= MAX_VIEWERS || own.length >= MAX_VIEWERS_PER_OWNER) {
      end(server, 'tooMany', 'there are too many viewers')
    } else {
      sockets.setWebSocketAutoResponse(new WebSocketRequestResponsePair(LIVE_PING, LIVE_PONG))
      server.serializeAttachment({ owner, ticket, since: now(), unseen: 0 } satisfies Viewer)
      if (viewers.length === 0) outbox.subscribe(this.#subscriber, 'begin')
      const hello = { revision: revision(), event: outbox.newest(), now: now() }
      send(server, { kind: 'hello', ...hello })
    }
    return new Response(null, { status: 101, webSocket: client })
  }

  /** Tells of stored counts. Never throws. */
  tellWindow(at: number): void {
    this.#tell([{ kind: 'window', at }]).catch((cause) =>
      console.error('viewers were not told of a window', cause),
    )
  }

  /** Closes the connections whose credential is no longer valid. */
  async check(): Promise<void> {
    await Promise.all(this.#listViewers().map(([socket]) => this.#isWelcome(socket)))
  }

  /** What a viewer sent: the only message that is expected here says that it has seen the last ones. */
  async receive(socket: WebSocket, message: unknown): Promise<void> {
    const viewer = readViewer(socket)
    if (!viewer) return
    // Nobody can keep the control busy with this: it is accepted once for each message that was sent.
    if (message !== LIVE_SEEN || viewer.unseen === 0) {
      end(socket, 'unexpected', 'this message was not expected')
      return
    }
    socket.serializeAttachment({ ...viewer, unseen: 0 } satisfies Viewer)
    await this.#isWelcome(socket)
  }

  /** The other side has closed its direction of the connection: closes the other one, too. Never throws. */
  leave(socket: WebSocket): void {
    socket.serializeAttachment(null)
    try {
      socket.close()
    } catch {
      // Both directions are closed.
    }
    this.#leaveOutbox()
  }

  async #tell(messages: readonly LiveMessage[]): Promise<void> {
    await Promise.all(
      this.#listViewers().map(async ([socket]) => {
        if (!(await this.#isWelcome(socket))) return
        for (const message of messages) send(socket, message)
      }),
    )
    this.#leaveOutbox()
  }

  /** While nobody looks, events cost no row for a subscriber and set no alarm. */
  #leaveOutbox(): void {
    const { outbox } = this.#parts
    if (this.#listViewers().length === 0) outbox.unsubscribe(this.#subscriber.name)
  }

  /** Whether the viewer may hear more; closes the connection of one that may not. */
  async #isWelcome(socket: WebSocket): Promise<boolean> {
    const viewer = readViewer(socket)
    if (!viewer) return false
    const { now, isValid } = this.#parts
    if (!(await isValid(viewer.ticket))) {
      end(socket, 'signedOut', 'the session is over')
      return false
    }
    const isOld = now() - viewer.since >= ACCESS_VIEWER_MS
    if (viewer.ticket.kind !== 'access' || !isOld) return true
    end(socket, 'renew', 'connect again')
    return false
  }

  /** Those that are not being closed. */
  #listViewers(): (readonly [WebSocket, Viewer])[] {
    return this.#parts.sockets.getWebSockets().flatMap((socket) => {
      const viewer = readViewer(socket)
      return viewer ? [[socket, viewer] as const] : []
    })
  }
}

function toEventMessage(event: HoloEvent): LiveMessage {
  return { kind: 'event', event }
}

function readViewer(socket: WebSocket): Viewer | undefined {
  return (socket.deserializeAttachment() as Viewer | null) ?? undefined
}

/** Sends a message, or closes the connection of a viewer that does not read. Never throws. */
function send(socket: WebSocket, message: LiveMessage): void {
  const viewer = readViewer(socket)
  if (!viewer) return
  const text = toText(message)
  const unseen = viewer.unseen + text.length
  if (unseen > MAX_UNSEEN_CHARACTERS) {
    end(socket, 'tooSlow', 'the messages are not read')
    return
  }
  socket.serializeAttachment({ ...viewer, unseen } satisfies Viewer)
  try {
    socket.send(text)
  } catch {
    // It has just been closed from the other side.
    socket.serializeAttachment(null)
  }
}

function toText(message: LiveMessage): string {
  const text = JSON.stringify(message)
  if (text.length <= MAX_LIVE_MESSAGE_CHARACTERS || message.kind !== 'event') return text
  return JSON.stringify({ kind: 'missed', event: message.event.id } satisfies LiveMessage)
}

/** Says why, and closes. The connection is no viewer from now on. Never throws. */
function end(socket: WebSocket, why: keyof typeof LIVE_CLOSE, reason: string): void {
  socket.serializeAttachment(null)
  try {
    socket.send(JSON.stringify({ kind: 'bye', reason } satisfies LiveMessage))
    socket.close(LIVE_CLOSE[why], reason)
  } catch {
    // It is closed already.
  }
}
