// Keeps what the page shows up to date while somebody looks at it: asks for events, and reads what they are about.
// A hidden page asks for nothing; when it is looked at again, everything is read anew.

import { call } from '../api/client.ts'
import {
  readControlState,
  readEnvironments,
  readMetrics,
  readRevisions,
  readRollouts,
  readServices,
  readVersions,
  runningRollout,
} from './site.ts'

const EVENTS_INTERVAL_MS = 5_000
const COUNTS_INTERVAL_MS = 10_000

/** Beginnings of kinds of events, and what is read again after one of them. */
const READS: Readonly<Record<string, readonly (() => Promise<void>)[]>> = {
  'revision.': [readEnvironments, readRevisions, readVersions],
  'rollout.': [readRollouts],
  'service.': [readServices],
  'publication.': [readControlState],
}

const EVERYTHING = [
  readEnvironments,
  readRollouts,
  readServices,
  readRevisions,
  readVersions,
  readControlState,
  readMetrics,
]

/** Begins, and returns what ends it. */
export function keepUpToDate(): () => void {
  let after: number | undefined
  let isEnded = false
  let timers: ReturnType<typeof setTimeout>[] = []

  const isLooking = () => !isEnded && document.visibilityState === 'visible'

  /** Calls `work` again and again, each time after the one before has ended. */
  const repeat = (work: () => Promise<void>, intervalMs: number) => {
    const next = async () => {
      if (isLooking()) await work()
      if (isLooking()) timers.push(setTimeout(next, intervalMs))
    }
    timers.push(setTimeout(next, intervalMs))
  }

  const readEvents = async () => {
    const page = await call(
      'GET /events',
      after === undefined ? {} : { query: { after: String(after) } },
    )
    if (!page.ok) {
      // Something has to find out when it answers again.
      if (page.error.code === 'no_document') await readEnvironments()
      return
    }
    const isFirst = after === undefined
    after = page.value.next
    if (isFirst) return
    if (page.value.missed > 0) {
      await readAll()
      return
    }
    const kinds = page.value.events.map((event) => String((event as { kind?: unknown }).kind))
    const reads = Object.entries(READS)
      .filter(([beginning]) => kinds.some((kind) => kind.startsWith(beginning)))
      .flatMap(([, read]) => read)
    await Promise.all(reads.map((read) => read()))
  }

  const readAll = async () => {
    await Promise.all(EVERYTHING.map((read) => read()))
  }

  const readCounts = async () => {
    const more = runningRollout.value.value ? [readRollouts()] : []
    await Promise.all([readMetrics(), readServices(), ...more])
  }

  const stop = () => {
    for (const timer of timers) clearTimeout(timer)
    timers = []
  }

  const begin = async () => {
    stop()
    if (!isLooking()) return
    await Promise.all([readEvents(), readAll()])
    if (!isLooking()) return
    stop()
    repeat(readEvents, EVENTS_INTERVAL_MS)
    repeat(readCounts, COUNTS_INTERVAL_MS)
  }

  const noticeLooking = () => (isLooking() ? begin() : stop())

  document.addEventListener('visibilitychange', noticeLooking)
  addEventListener('online', begin)
  begin()
  return () => {
    isEnded = true
    stop()
    document.removeEventListener('visibilitychange', noticeLooking)
    removeEventListener('online', begin)
  }
}

/** After a change of one's own, so that it is seen at once. */
export async function readAfterChange(): Promise<void> {
  await Promise.all([readEnvironments(), readRollouts(), readRevisions(), readVersions()])
}
