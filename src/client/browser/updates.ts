// Finds out that the version of the page is gone, and tells the page once: by the event `holo:update`
// on the window. What was told is remembered as long as the tab, so that a page that reloads itself
// does not do so for ever.

import { isOwn } from './pinned.ts'

/** The reply of Holo to the question of a tab. */
export type TabState = {
  readonly version?: string
  readonly environment?: string
  /** Whether the version of the page still counts. */
  readonly pinned: boolean
  /** Whether a file that the page has loaded is another one in the version of now. */
  readonly filesChanged: boolean
}

export type Updates = {
  /** What the event said last. */
  readonly last: () => TabState | undefined
  readonly check: () => Promise<TabState | undefined>
  /** @param gone the header of a reply that says that the version is gone. */
  readonly lookAt: (gone: string | null) => void
}

/** More than a page loads before it begins to work. */
const MAX_FILES = 200

export function createUpdates(pin: string): Updates {
  const ask = self.fetch
  let last: TabState | undefined
  let hasAsked = false

  const listFiles = () => [
    ...new Set(
      [location.href, ...performance.getEntriesByType('resource').map(({ name }) => name)]
        .filter(isOwn)
        .map((url) => new URL(url).pathname),
    ),
  ]

  const check = async (): Promise<TabState | undefined> => {
    try {
      const reply = await ask.call(self, `${location.origin}/.holo/tab`, {
        method: 'POST',
        body: JSON.stringify({ pin, files: listFiles().slice(0, MAX_FILES) }),
      })
      return reply.ok ? ((await reply.json()) as TabState) : undefined
    } catch {
      // Offline: the next reply will tell.
      return undefined
    }
  }

  const look = async (isMissing = false) => {
    const state = await check()
    if (!state || (state.pinned && !isMissing)) return
    last = isMissing ? { ...state, filesChanged: true } : state
    if (isFirst(`${pin}>${state.version}`)) {
      dispatchEvent(new CustomEvent('holo:update', { detail: last }))
    }
  }

  addEventListener('pageshow', (event) => {
    if (event.persisted) void look()
  })
  addEventListener('online', () => void look())
  addEventListener('vite:preloadError', (event) => {
    // Vite advises pages to reload then. If that did not help, the page must not try it again.
    const { payload } = event as Event & { readonly payload?: Error }
    if (!isFirst(`${pin} ${payload?.message}`)) event.stopImmediatePropagation()
    void look(true)
  })

  return {
    last: () => last,
    check,
    lookAt: (gone) => {
      if (!gone || hasAsked) return
      hasAsked = true
      void look()
    },
  }
}

/** Whether this tab has not been told so before. */
function isFirst(what: string): boolean {
  const key = `holo:${what}`
  try {
    if (sessionStorage.getItem(key)) return false
    sessionStorage.setItem(key, '1')
    return true
  } catch {
    // Nothing can be remembered here: a page that was reloaded may be one that reloads itself.
    const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    return entry?.type !== 'reload'
  }
}
