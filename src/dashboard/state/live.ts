// Keeps what the page shows up to date while somebody looks at it: by what Holo tells over the channel, or else by
// asking for events and counts from time to time. A hidden page asks for nothing; when it is looked at again,
// everything is read anew.

import { call } from '../api/client.ts'
import { answeredAt } from '../api/reachable.ts'
import { endSession, signIn } from '../api/session.ts'
import { isChannelOpen, openChannel } from './channel.ts'
import { clockJumps, readClock, setClock } from './clock.ts'
import {
  controlState,
  environments,
  noteHappening,
  readControlState,
  readEnvironments,
  readMetrics,
  readRevisions,
  readRollouts,
  readSafety,
  readServices,
  readVersions,
  revisions,
  rollouts,
  runningRollout,
  servicesKnown,
  shownRevision,
  versions,
} from './site.ts'

const EVENTS_INTERVAL_MS = 5_000
const COUNTS_INTERVAL_MS = 10_000

/** Several events of one change lead to one reading. */
const GATHER_MS = 150
/** However much happens, one viewer reads no more often than this. */
const LEAST_BETWEEN_READS_MS = 2_000

type Read = () => Promise<void>

/** Beginnings of kinds of events, and what is read again after one of them. */
const READS: Readonly<Record<string, readonly Read[]>> = {
  'revision.': [readEnvironments, readRevisions, readVersions],
  'rollout.': [readRollouts],
  'service.': [readServices],
  'publication.': [readControlState],
  'freeze.': [readSafety],
  'windows.': [readSafety],
  '': [noteHappening],
}

const EVERYTHING: readonly Read[] = [
  noteHappening,
  readEnvironments,
  readRollouts,
  readServices,
  readRevisions,
  readVersions,
  readControlState,
  readSafety,
  readMetrics,
]

const KNOWN = [environments, rollouts, servicesKnown, revisions, versions, controlState]

function toReads(kind: string): readonly Read[] {
  return Object.entries(READS)
    .filter(([beginning]) => kind.startsWith(beginning))
    .flatMap(([, reads]) => reads)
}

/** Begins, and returns what ends it. */
export function keepUpToDate(): () => void {
  let after: number | undefined
  let isEnded = false
  let timers: ReturnType<typeof setTimeout>[] = []
  const wanted = new Set<Read>()
  let readAt = Number.NEGATIVE_INFINITY

  const isLooking = () => !isEnded && document.visibilityState === 'visible'

  const readAll = async () => {
    await Promise.all(EVERYTHING.map((read) => read()))
  }

  /** Reads soon, once for all that is wanted until then. */
  const want = (reads: readonly Read[]) => {
    if (reads.length === 0) return
    if (wanted.size === 0) {
      const wait = Math.max(GATHER_MS, readAt + LEAST_BETWEEN_READS_MS - performance.now())
      setTimeout(() => {
        const reads = [...wanted]
        wanted.clear()
        readAt = performance.now()
        if (isLooking()) for (const read of reads) read()
      }, wait)
    }
    for (const read of reads) wanted.add(read)
  }

  /** What could not be read before is read again: nothing may happen that would lead to it. */
  const wantMissing = () => {
    if (KNOWN.some(({ value: { failure } }) => failure && failure.code !== 'no_document')) {
      want(EVERYTHING)
    }
  }

  const readEvents = async () => {
    if (isChannelOpen.peek()) return
    const query = after === undefined ? {} : { query: { after: String(after) } }
    const page = await call('GET /events', query)
    if (!page.ok) return
    const isFirst = after === undefined
    after = page.value.next
    wantMissing()
    if (isFirst) return
    if (page.value.missed > 0) want(EVERYTHING)
    for (const event of page.value.events) {
      want(toReads(String((event as { kind?: unknown }).kind)))
    }
  }

  const readCounts = async () => {
    if (isChannelOpen.peek()) return
    await Promise.all(listCountReads().map((read) => read()))
  }

  /** Calls `work` again and again, each time after the one before has ended. */
  const repeat = (work: Read, intervalMs: number) => {
    const next = async () => {
      if (isLooking()) await work()
      if (isLooking()) timers.push(setTimeout(next, intervalMs))
    }
    timers.push(setTimeout(next, intervalMs))
  }

  const stop = () => {
    for (const timer of timers) clearTimeout(timer)
    timers = []
  }

  const begin = async () => {
    stop()
    if (!isLooking()) return
    // Events after this point are told or asked for: what is read meanwhile may be newer, and never older.
    await readEvents()
    await readAll()
    if (!isLooking()) return
    stop()
    repeat(readEvents, EVENTS_INTERVAL_MS)
    repeat(readCounts, COUNTS_INTERVAL_MS)
  }

  const endChannel = openChannel({
    onMessage: (message) => {
      answeredAt.value = readClock()
      switch (message.kind) {
        case 'hello':
          setClock(message.now)
          // It was closed for some time, or has just been opened.
          if (message.revision !== shownRevision.peek()) want(EVERYTHING)
          return
        case 'event':
          want(toReads(message.event.kind))
          return
        case 'missed':
          want(EVERYTHING)
          return
        case 'window':
          want(listCountReads())
          wantMissing()
      }
    },
    onAlive: () => {
      answeredAt.value = readClock()
    },
    onChange: (isOpen) => {
      // Where the asking left off is long ago when it has to go on.
      after = undefined
      if (!isOpen) want(EVERYTHING)
    },
    onSignedOut: () => {
      // Who signs out hears of it here as well.
      if (signIn.peek().kind === 'in') endSession('The session is over: sign in again.')
    },
  })

  const noticeLooking = () => (isLooking() ? begin() : stop())
  document.addEventListener('visibilitychange', noticeLooking)
  addEventListener('online', begin)
  const endJumps = clockJumps.subscribe((jumps) => {
    if (jumps > 0) begin()
  })
  begin()
  return () => {
    isEnded = true
    stop()
    endChannel()
    document.removeEventListener('visibilitychange', noticeLooking)
    removeEventListener('online', begin)
    endJumps()
  }
}

function listCountReads(): readonly Read[] {
  return [readMetrics, readServices, ...(runningRollout.peek().value ? [readRollouts] : [])]
}

/** After a change of one's own, so that it is seen at once. */
export async function readAfterChange(): Promise<void> {
  await Promise.all([readEnvironments(), readRollouts(), readRevisions(), readVersions()])
}
