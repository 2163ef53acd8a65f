// The WebSocket over which Holo tells what happens (`GET /live`). It is one way to be up to date: where it cannot be
// opened, live.ts asks from time to time.

import { signal } from '@preact/signals'
import { API_PATH } from '../../wire/api-path.ts'
import { clockJumps } from './clock.ts'

/** What the control tells. The shapes are those of `wire/live.ts`. */
export type ChannelMessage =
  | {
      readonly kind: 'hello'
      readonly revision: number
      readonly event?: number
      readonly now: number
    }
  | { readonly kind: 'event'; readonly event: { readonly id: number; readonly kind: string } }
  | { readonly kind: 'missed'; readonly event: number }
  | { readonly kind: 'window'; readonly at: number }
  | { readonly kind: 'bye'; readonly reason: string }

export type ChannelHandlers = {
  readonly onMessage: (message: ChannelMessage) => void
  /** It answers, and has nothing to tell. */
  readonly onAlive: () => void
  /** It is open or closed. */
  readonly onChange: (isOpen: boolean) => void
  /** The session is over. */
  readonly onSignedOut: () => void
}

/** Close codes after which there is no point in connecting again soon. */
const SIGNED_OUT = 4401
const TOO_MANY = 4429

const PING_INTERVAL_MS = 30_000
/** A connection that answers no ping within this time is gone, as after sleep. */
const PONG_TIMEOUT_MS = 10_000
const SOONEST_RETRY_MS = 1_000
const MAX_RETRY_MS = 60_000
/** The control closes the connection of one who never says that the messages arrive. */
const SEEN_EVERY = 20

/** Whether it is open, for people. */
export const isChannelOpen = signal(false)

/** Opens the channel and keeps it open. Returns what ends it. */
export function openChannel({
  onMessage,
  onAlive,
  onChange,
  onSignedOut,
}: ChannelHandlers): () => void {
  let socket: WebSocket | undefined
  let isEnded = false
  let tries = 0
  let told = 0
  let retry: ReturnType<typeof setTimeout> | undefined
  let ping: ReturnType<typeof setInterval> | undefined
  let pong: ReturnType<typeof setTimeout> | undefined

  const setOpen = (isOpen: boolean) => {
    if (isChannelOpen.peek() === isOpen) return
    isChannelOpen.value = isOpen
    onChange(isOpen)
  }

  const connect = () => {
    clearTimeout(retry)
    if (isEnded || socket !== undefined || document.visibilityState !== 'visible') return
    told = 0
    const url = new URL(`${API_PATH}/live`, location.href.replace(/^http/, 'ws'))
    const opened = new WebSocket(url)
    socket = opened
    opened.onmessage = ({ data }: MessageEvent<string>) => {
      clearTimeout(pong)
      if (data === 'pong') {
        onAlive()
        return
      }
      told++
      if (told % SEEN_EVERY === 0) opened.send('seen')
      tries = 0
      setOpen(true)
      const message = parseMessage(data)
      if (message) onMessage(message)
    }
    opened.onclose = ({ code }) => {
      clearInterval(ping)
      clearTimeout(pong)
      if (socket === opened) socket = undefined
      setOpen(false)
      if (code === SIGNED_OUT) {
        onSignedOut()
        return
      }
      const wait = Math.min(MAX_RETRY_MS, SOONEST_RETRY_MS * 2 ** tries)
      tries++
      // Everybody's connection breaks at once when the control moves: not everybody comes back at once.
      retry = setTimeout(connect, code === TOO_MANY ? MAX_RETRY_MS : wait * (0.5 + Math.random()))
    }
    ping = setInterval(askWhetherAlive, PING_INTERVAL_MS)
  }

  const askWhetherAlive = () => {
    const asked = socket
    if (asked?.readyState !== WebSocket.OPEN) return
    asked.send('ping')
    clearTimeout(pong)
    pong = setTimeout(() => asked.close(), PONG_TIMEOUT_MS)
  }

  const close = () => {
    clearTimeout(retry)
    socket?.close()
  }

  const noticeLooking = () => (document.visibilityState === 'visible' ? connect() : close())
  document.addEventListener('visibilitychange', noticeLooking)
  addEventListener('online', connect)
  // A connection may have died during sleep, and nobody has said so.
  const endJumps = clockJumps.subscribe((jumps) => {
    if (jumps > 0) askWhetherAlive()
  })
  connect()
  return () => {
    isEnded = true
    document.removeEventListener('visibilitychange', noticeLooking)
    removeEventListener('online', connect)
    endJumps()
    close()
    setOpen(false)
  }
}

function parseMessage(text: string): ChannelMessage | undefined {
  try {
    return JSON.parse(text) as ChannelMessage
  } catch {
    return undefined
  }
}
