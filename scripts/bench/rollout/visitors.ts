// Simulated visitors, new ones all the time, each with an address of its own. Each opens the page, loads its script, calls the API while the tab is
// open, and may open a second page. The replies are counted by version.

import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { headOf } from '../head-of.ts'
import { RELEASES } from './releases.ts'
import { toScript } from './stand.ts'

const DOCUMENT = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
const SCRIPT = { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' }
const CALL = { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }

/** The time between two calls of a tab. */
const CALL_EVERY_MS = 2000
/** How long a tab is open on average, and at most. */
const TAB_MS = 10_000
export const LONGEST_TAB_MS = 60_000
const SECOND_PAGE = 0.3
const REPLY_TIMEOUT_MS = 20_000

/** The replies of one version. Times are milliseconds since the epoch, when the reply arrived. */
export type Given = {
  readonly visitors: Set<string>
  requests: number
  /** Calls of the API that failed. */
  failed: number
  firstDocumentAt: number | undefined
  firstCallAt: number | undefined
  firstFailureAt: number | undefined
  lastDocumentAt: number
  lastRequestAt: number
  /** When each visitor's first failed call was answered. */
  readonly failedAt: Map<string, number>
}

export type Crowd = {
  readonly given: (version: string) => Given
  /** Begins to note the replies of a version anew. */
  readonly forget: (version: string) => void
  /** The number of visitors since the last call. */
  readonly takeArrived: () => number
  /** The number of requests without a reply of a version, by what happened instead. */
  readonly unanswered: ReadonlyMap<string, number>
  readonly stop: () => Promise<void>
}

export function startCrowd(url: URL, perSecond: number): Crowd {
  const agent = new Agent({ keepAlive: true })
  const byVersion = new Map<string, Given>()
  const open = new Set<Promise<void>>()
  const unanswered = new Map<string, number>()
  let [arrived, isStopped] = [0, false]

  const given = (version: string): Given => {
    const known = byVersion.get(version)
    if (known) return known
    const fresh: Given = {
      visitors: new Set(),
      requests: 0,
      failed: 0,
      firstDocumentAt: undefined,
      firstCallAt: undefined,
      firstFailureAt: undefined,
      lastDocumentAt: 0,
      lastRequestAt: 0,
      failedAt: new Map(),
    }
    byVersion.set(version, fresh)
    return fresh
  }

  const visit = async (number: number) => {
    const cookies = new Map<string, string>()
    const address = `11.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
    const get = async (path: string, headers: typeof DOCUMENT) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const all = { ...headers, 'cf-connecting-ip': address, ...(cookie ? { cookie } : {}) }
      const reply = await headOf(url, path, all, agent, REPLY_TIMEOUT_MS).catch(
        (cause: Error) => cause,
      )
      const version = reply instanceof Error ? undefined : reply.headers['holo-version']
      if (reply instanceof Error || typeof version !== 'string') {
        const what = reply instanceof Error ? reply.message : `a ${reply.status} of no version`
        unanswered.set(what, (unanswered.get(what) ?? 0) + 1)
        return undefined
      }
      for (const line of reply.headers['set-cookie'] ?? []) {
        const [pair = ''] = line.split(';')
        const at = pair.indexOf('=')
        cookies.set(pair.slice(0, at), pair.slice(at + 1))
      }
      note(given(version), reply.status, headers, cookies.get('holo-visitor'))
      return version
    }
    const openPage = async () => {
      const version = await get('/', DOCUMENT)
      if (version) await get(toScript(version), SCRIPT)
      isBlank = RELEASES.some((one) => one.version === version && one.fault === 'blank')
    }
    let isBlank = false
    const closesAt = Date.now() + Math.min(LONGEST_TAB_MS, -Math.log(Math.random()) * TAB_MS)
    await openPage()
    if (!isBlank) await get('/api/cart', CALL)
    while (!isStopped && Date.now() + CALL_EVERY_MS < closesAt) {
      await sleep(CALL_EVERY_MS)
      if (!isBlank) await get('/api/cart', CALL)
    }
    if (!isStopped && Math.random() < SECOND_PAGE) await openPage()
  }

  /** Starts all visitors that are due, so that a late timer does not reduce their number. */
  const began = Date.now()
  let started = 0
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - began) / 1000) * perSecond)
    for (; started < due; started++) {
      arrived++
      const visiting: Promise<void> = visit(started).finally(() => open.delete(visiting))
      open.add(visiting)
    }
  }, 10)

  return {
    given,
    forget: (version) => void byVersion.delete(version),
    takeArrived: () => {
      const all = arrived
      arrived = 0
      return all
    },
    unanswered,
    stop: async () => {
      isStopped = true
      clearInterval(timer)
      await Promise.all(open)
      agent.destroy()
    },
  }
}

function note(
  given: Given,
  status: number,
  headers: typeof DOCUMENT,
  visitor: string | undefined,
): void {
  const now = Date.now()
  if (visitor) given.visitors.add(visitor)
  given.requests++
  given.lastRequestAt = now
  if (headers === DOCUMENT) {
    given.firstDocumentAt ??= now
    given.lastDocumentAt = now
  }
  if (headers !== CALL) return
  given.firstCallAt ??= now
  if (status < 500) return
  given.failed++
  given.firstFailureAt ??= now
  if (visitor && !given.failedAt.has(visitor)) given.failedAt.set(visitor, now)
}
