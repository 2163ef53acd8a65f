// The event stream of OFREP (ADR-0008): tells clients to evaluate again when a flag has changed. It sends
// nothing of a flag but the tag of all of them.

/** How often a stream looks for a change. The document itself is fetched as often as it is due, and not more. */
const LOOK_MS = 1000
/** Proxies close what is silent for a minute. */
const HEARTBEAT_MS = 25_000
/** A stream ends after half an hour, and the browser opens the next: nothing is held for ever. */
const MAX_STREAM_MS = 30 * 60_000
/** How long a browser waits before it opens the next stream, in milliseconds. */
const RETRY_MS = 2000
/** Each stream takes a few KB of an isolate's memory. */
const MAX_STREAMS = 5000

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
}

export type StreamOptions = {
  /** The tag of the flags that the client has; `undefined` if it does not say. */
  readonly known: string | undefined
  /** The tag of the flags in use; may start a refresh of the document. */
  readonly readTag: () => Promise<string>
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal
  readonly now: () => number
}

/** The streams of one isolate. */
export class EventStreams {
  #open = 0

  /** `undefined` if the isolate holds as many as it can. */
  start(options: StreamOptions, headers: Readonly<Record<string, string>>): Response | undefined {
    if (this.#open >= MAX_STREAMS) return undefined
    this.#open += 1
    const left = new AbortController()
    const signal = AbortSignal.any([options.signal, left.signal])
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const send = (text: string) => controller.enqueue(encoder.encode(text))
        void watch({ ...options, signal }, send)
          .catch(() => undefined)
          .finally(() => {
            this.#open -= 1
            close(controller)
          })
      },
      cancel: () => left.abort(),
    })
    return new Response(body, { headers: { ...HEADERS, ...headers } })
  }
}

const encoder = new TextEncoder()

/** Sends an event for each change until the client leaves or the time is over. */
async function watch(
  { known, readTag, signal, now }: StreamOptions,
  send: (text: string) => void,
): Promise<void> {
  const ends = now() + MAX_STREAM_MS
  send(`retry: ${RETRY_MS}\n\n`)
  let sent = known ?? (await readTag())
  let beat = now()
  while (!signal.aborted && now() < ends) {
    const tag = await readTag()
    if (tag !== sent) {
      sent = tag
      beat = now()
      const data = JSON.stringify({ type: 'refetchEvaluation', etag: tag })
      send(`id: ${tag}\nevent: message\ndata: ${data}\n\n`)
    } else if (now() - beat >= HEARTBEAT_MS) {
      beat = now()
      send(': still here\n\n')
    }
    await sleep(LOOK_MS, signal)
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal.addEventListener('abort', wake)
  })
}

function close(controller: ReadableStreamDefaultController): void {
  try {
    controller.close()
  } catch {
    // The client has left, and with it the stream.
  }
}
