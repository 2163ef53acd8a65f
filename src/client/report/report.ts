// Runs in the browser, late and apart from the page: reports its uncaught errors, whether it shows anything,
// and its web vitals. It never fails a page and writes nothing to the console. docs/browser.md says what
// it sends; scripts/build-client.ts makes one file of it.

import { onCLS, onINP, onLCP, onTTFB } from 'web-vitals'
import { isBlank } from './blank.ts'
import { createErrors } from './errors.ts'

const TAKEN_AT = '/.holo/beacon'

/** A page that has shown nothing for so long since it was loaded is blank. */
const BLANK_AFTER_MS = 4000
/** Errors wait so long for others before they are sent. */
const SEND_AFTER_MS = 2000
/** Of one page. */
const MAX_BEACONS = 20

const element = document.currentScript as HTMLScriptElement | null
const pin = element?.dataset.pin
element?.remove()

try {
  if (pin && self.origin !== 'null') start(pin)
} catch {
  // The page comes first.
}

function start(pin: string): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let vitals: Record<string, number> = {}
  let blank = false
  let sent = 0
  const errors = createErrors(() => {
    timer ??= setTimeout(send, SEND_AFTER_MS)
  })

  listen()
  onTTFB(({ value }) => measure('ttfb', value))
  onLCP(({ value }) => measure('lcp', value))
  onINP(({ value }) => measure('inp', value))
  onCLS(({ value }) => measure('cls', value * 1000))
  // After the listeners of web-vitals, which tell their last values then.
  addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && send(), true)
  addEventListener('pagehide', send, true)
  if (document.readyState === 'complete') looked()
  else addEventListener('load', looked)

  function listen(): void {
    const note = (event: Event) => {
      try {
        errors.note(event)
      } catch {
        // An event of an unknown form.
      }
      return 0
    }
    const early = (self as unknown as Record<symbol, Event[] | undefined>)[
      Symbol.for('holo.reports')
    ]
    if (early) {
      for (const event of early) note(event)
      early.length = 0
      early.push = note
      return
    }
    for (const name of ['error', 'unhandledrejection', 'vite:preloadError']) {
      addEventListener(name, note, true)
    }
  }

  function measure(name: string, value: number): void {
    vitals[name] = Math.round(value)
    // The page may be gone before anything else happens.
    if (document.visibilityState === 'hidden') Promise.resolve().then(send)
  }

  /** Looks at the page some time after it was loaded, when somebody can see it. */
  function looked(): void {
    setTimeout(() => {
      if (document.visibilityState === 'hidden') {
        addEventListener('visibilitychange', looked, { once: true })
        return
      }
      blank = isBlank()
      send(true)
    }, BLANK_AFTER_MS)
  }

  function send(always?: unknown): void {
    clearTimeout(timer)
    timer = undefined
    const found = errors.take()
    const isEmpty = found.length === 0 && Object.keys(vitals).length === 0
    if (sent >= MAX_BEACONS || (isEmpty && always !== true)) return
    sent++
    const said = { pin, proof: readProof(), errors: found, blank, vitals }
    vitals = {}
    blank = false
    try {
      navigator.sendBeacon(TAKEN_AT, JSON.stringify(said))
    } catch {
      // Nobody waits for it.
    }
  }
}

/** Holo's proof that it has served this page. Only secure pages can read it. */
function readProof(): string {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  const metric = navigation?.serverTiming?.find(({ name }) => name === 'holo-proof')
  return metric?.description ?? ''
}
