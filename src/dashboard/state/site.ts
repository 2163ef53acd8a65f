// What the page knows of the site, as signals: what was read last, when, and what went wrong since. live.ts
// decides when to read again.

import { batch, computed, signal } from '@preact/signals'
import { WINDOW_MS } from '../../core/counting/limits.ts'
import {
  type CallFailure,
  type CallResult,
  call,
  type OperationName,
  type ReplyOf,
} from '../api/client.ts'
import { answeredAt, unreachableSince } from '../api/reachable.ts'
import { toColourIndex } from '../charts/palette.ts'
import { readClock } from './clock.ts'
import { addPoints, type CountedHour, groupByEnvironment, SHOWN_MS } from './counts.ts'

/** Something that is read from the API. What was read stays when a later read fails. */
export type Known<T> = {
  readonly value: T | undefined
  readonly failure: CallFailure | undefined
  /** When it was read, by the clock of Holo. */
  readonly at: number | undefined
}

const UNKNOWN = { value: undefined, failure: undefined, at: undefined }

const unknown = <Name extends OperationName>() => signal<Known<ReplyOf<Name>>>(UNKNOWN)

export const environments = unknown<'GET /environments'>()
export const servicesKnown = unknown<'GET /health/services'>()
export const rollouts = unknown<'GET /rollouts'>()
export const revisions = unknown<'GET /revisions'>()
export const versions = unknown<'GET /versions'>()
export const flagsKnown = unknown<'GET /flags'>()
export const flagCounts = unknown<'GET /flags/counts'>()
export const experiments = unknown<'GET /experiments'>()
export const freezeKnown = unknown<'GET /freeze'>()
export const windowsKnown = unknown<'GET /windows'>()
export const shadowsKnown = unknown<'GET /shadow'>()
export const soaksKnown = unknown<'GET /shadow/soaks'>()
export const webhooksKnown = unknown<'GET /webhooks'>()
export const controlState = unknown<'GET /health'>()
export const metrics = signal<Known<CountedHour>>(UNKNOWN)
/** By environment: about how many visitors there were in the last five minutes. */
export const visitorsNow = signal<Readonly<Record<string, number>>>({})
/** The counts of each environment, with a point for every window that was counted. */
export const countsByEnvironment = computed(() => groupByEnvironment(metrics.value.value ?? []))
export const runningRollout = signal<Known<ReplyOf<'GET /rollouts/{id}'>>>(UNKNOWN)

/** Grows when something has happened that is in the audit log. */
export const happenings = signal(0)

export async function noteHappening(): Promise<void> {
  happenings.value++
}

/** The revision of the document that is shown; 0 where nothing has been published. */
export const shownRevision = computed(() => {
  const { value, failure } = environments.value
  return failure?.code === 'no_document' ? 0 : value?.revision
})

type Slot<T> = { value: Known<T> }

function keep<T>(
  slot: Slot<T>,
  result: { ok: true; value: T } | { ok: false; error: CallFailure },
) {
  const at = readClock()
  batch(() => {
    if (result.ok) slot.value = { value: result.value, failure: undefined, at }
    else slot.value = { ...slot.value, failure: result.error }
  })
  return result.ok
}

export async function readEnvironments(): Promise<void> {
  const result = await call('GET /environments')
  // Versions of environments get their colours first, so that they have the same ones on every page.
  if (result.ok) for (const { version } of result.value.environments) toColourIndex(version)
  keep(environments, result)
}

export async function readServices(): Promise<void> {
  keep(servicesKnown, await call('GET /health/services'))
}

export async function readControlState(): Promise<void> {
  keep(controlState, await call('GET /health'))
}

/** Whether releases may go forward: the freeze, and the windows. */
export async function readSafety(): Promise<void> {
  const [freeze, windows] = await Promise.all([call('GET /freeze'), call('GET /windows')])
  keep(freezeKnown, freeze)
  keep(windowsKnown, windows)
}

/** All that are kept of a pair of versions. */
const SHOWN_SHADOW_ROUTES = 60

/** Shadows and their soaks are read where they are shown, and not on every page. */
export async function readShadows(): Promise<void> {
  const query = { limit: String(SHOWN_SHADOW_ROUTES) }
  const [report, soaks] = await Promise.all([
    call('GET /shadow', { query }),
    call('GET /shadow/soaks'),
  ])
  keep(shadowsKnown, report)
  keep(soaksKnown, soaks)
}

const SHOWN_ROLLOUTS = 50

/** The list, and all of the one that runs. */
export async function readRollouts(): Promise<void> {
  const listed = await call('GET /rollouts', { query: { limit: String(SHOWN_ROLLOUTS) } })
  keep(rollouts, listed)
  if (!listed.ok) return
  const running = listed.value.rollouts.find(({ endedAt }) => endedAt === undefined)
  if (!running) {
    runningRollout.value = UNKNOWN
    return
  }
  keep(runningRollout, await call('GET /rollouts/{id}', { params: { id: String(running.id) } }))
}

const SHOWN_REVISIONS = 50

export async function readRevisions(): Promise<void> {
  keep(revisions, await call('GET /revisions', { query: { limit: String(SHOWN_REVISIONS) } }))
}

export async function readVersions(): Promise<void> {
  keep(versions, await call('GET /versions'))
}

/** Flags are read where they are shown, and not on every page. */
export async function readFlags(): Promise<void> {
  keep(flagsKnown, await call('GET /flags'))
}

/** How often flags are evaluated, and what is known of experiments. */
export async function readFlagFigures(): Promise<void> {
  const [counts, reports] = await Promise.all([call('GET /flags/counts'), call('GET /experiments')])
  keep(flagCounts, counts)
  keep(experiments, reports)
}

/** Webhooks are read where they are shown. */
export async function readWebhooks(): Promise<void> {
  keep(webhooksKnown, await call('GET /webhooks'))
}

/** Windows that are read again, because counts of them may have come late. */
const READ_AGAIN_WINDOWS = 6

/** Reads what was counted since the last time, or the last hour. */
export async function readMetrics(): Promise<void> {
  const known = metrics.value.value ?? []
  const now = readClock()
  const newest = known.at(-1)?.at
  let from: number | undefined =
    newest === undefined ? now - SHOWN_MS : newest - READ_AGAIN_WINDOWS * WINDOW_MS
  let all = known
  while (from !== undefined) {
    const page: CallResult<'GET /metrics'> = await call('GET /metrics', {
      query: { resolution: 'window', from: String(from) },
    })
    if (!page.ok) {
      keep(metrics, page)
      return
    }
    all = addPoints(all, page.value.points, now)
    visitorsNow.value = page.value.visitors
    from = page.value.next
  }
  keep(metrics, { ok: true, value: all })
}

/** Forgets everything, so that the next one who signs in does not see it. */
export function forgetSite(): void {
  batch(() => {
    for (const slot of [
      environments,
      servicesKnown,
      rollouts,
      revisions,
      versions,
      flagsKnown,
      flagCounts,
      experiments,
      freezeKnown,
      windowsKnown,
      shadowsKnown,
      soaksKnown,
      webhooksKnown,
      controlState,
      metrics,
      runningRollout,
    ] as Slot<unknown>[]) {
      slot.value = UNKNOWN
    }
    visitorsNow.value = {}
    answeredAt.value = undefined
    unreachableSince.value = undefined
  })
}
