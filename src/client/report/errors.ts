// Turns what goes wrong in a page into errors to report, each once with its count. What belongs to other
// origins, such as extensions of the browser, is left out.

export type ThrownKind = 'error' | 'rejection' | 'chunk'

export type SeenError = {
  readonly kind: ThrownKind
  readonly message: string
  readonly frame?: string
  readonly stack?: string
  count: number
}

/** Different errors of one page. */
const MAX_ERRORS = 10
const MAX_MESSAGE = 500
const MAX_STACK = 1200

const CHUNK =
  /dynamically imported module|importing a module script failed|ChunkLoadError|loading (?:css )?chunk|unable to preload css/i

export function createErrors(changed: () => void) {
  /** Those that wait to be sent, and all that there were. */
  let waiting: SeenError[] = []
  const known = new Map<string, SeenError>()

  function add(kind: ThrownKind, message: string, stack = '', frame = ''): void {
    const key = `${message}\n${stack.slice(0, MAX_STACK)}\n${frame}`
    let error = known.get(key)
    if (!error) {
      if (known.size >= MAX_ERRORS) return
      error = {
        kind: CHUNK.test(message) ? 'chunk' : kind,
        message: message.slice(0, MAX_MESSAGE),
        ...(stack ? { stack: stack.slice(0, MAX_STACK) } : {}),
        ...(frame ? { frame } : {}),
        count: 0,
      }
      known.set(key, error)
    }
    error.count = Math.min(error.count + 1, 1000)
    if (!waiting.includes(error)) waiting.push(error)
    changed()
  }

  function addThrown(kind: ThrownKind, thrown: unknown, otherwise: string, frame?: string): void {
    if (!(thrown instanceof Error)) {
      add(kind, otherwise, '', frame)
      return
    }
    const { name, message, stack = '' } = thrown
    // Without a place in this origin it is somebody else's.
    if (stack.includes('://') && !stack.includes(location.host)) return
    add(kind, `${name}: ${message}`, stack, frame)
  }

  return {
    note(event: Event): void {
      if (event instanceof ErrorEvent) {
        const { filename, lineno, colno, error, message } = event
        // Of a script of another origin the browser tells nothing.
        if (!filename.startsWith(location.origin)) return
        addThrown('error', error, message, `${filename}:${lineno}:${colno}`)
      } else if (event.type === 'unhandledrejection') {
        const { reason } = event as PromiseRejectionEvent
        addThrown('rejection', reason, `Rejected: ${toText(reason)}`)
      } else if (event.type === 'vite:preloadError') {
        const { payload } = event as Event & { payload?: unknown }
        addThrown('chunk', payload, 'A chunk could not be preloaded')
      } else addElement(event.target)
    },
    take(): readonly SeenError[] {
      const taken = waiting.map((error) => ({ ...error }))
      waiting = []
      for (const error of known.values()) error.count = 0
      return taken
    },
  }

  /** A script or a style that could not be loaded. */
  function addElement(target: EventTarget | null): void {
    const url =
      target instanceof HTMLScriptElement
        ? target.src
        : target instanceof HTMLLinkElement && /stylesheet|modulepreload/.test(target.rel)
          ? target.href
          : ''
    if (url.startsWith(location.origin)) add('chunk', `Could not load ${url}`)
  }
}

function toText(value: unknown): string {
  try {
    return String(value)
  } catch {
    return typeof value
  }
}
