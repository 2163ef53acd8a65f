// `holo log --follow`: prints events as they happen, until Ctrl-C.

import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { type anyEvent, type EventKind, eventsAsRead } from '../wire/events.ts'
import type { Api } from './api.ts'
import type { CommandOutcome, Context } from './command.ts'
import { CliFailure, EXIT } from './failure.ts'
import { toCount, toTime } from './words.ts'

type AnyEvent = z.infer<typeof anyEvent>

/** The time between two requests for events. */
const POLL_MS = 1000
/** After a failed call the time doubles, up to this. */
const LONGEST_WAIT_MS = 30_000

/** Prints new events. If Holo does not answer, says so once and keeps trying. */
export async function followEvents(context: Context, api: Api): Promise<CommandOutcome> {
  let { next } = await api.ask(eventsAsRead, 'GET', '/events')
  context.say('Waiting for events; Ctrl-C ends it')
  let failures = 0
  while (!context.signal.aborted) {
    try {
      const waitMs = Math.min(POLL_MS * 2 ** failures, LONGEST_WAIT_MS)
      await sleep(waitMs, undefined, { signal: context.signal })
      const query = { after: String(next), limit: '100' }
      const reply = await api.ask(eventsAsRead, 'GET', '/events', { query })
      failures = 0
      if (reply.missed > 0)
        context.say(`Missed: ${toCount(reply.missed, 'event')}; Holo no longer keeps them`)
      for (const one of reply.events) {
        context.show({ json: { event: one }, lines: [toLine(one)] })
      }
      next = reply.next
    } catch (cause) {
      if (context.signal.aborted) break
      const isOutage = cause instanceof CliFailure && cause.exitCode === EXIT.unreachable
      if (!isOutage) throw cause
      if (failures++ === 0) context.say(`${cause.message}; trying again`)
    }
  }
  return { json: {}, lines: [], isShown: true }
}

type Fields = Readonly<Record<string, unknown>>

/** What is printed for each kind of event after its time and kind. Unknown fields are left out. */
const LINES: Readonly<Record<EventKind, (fields: Fields) => string>> = {
  'revision.committed': ({ revision, action, by, reason }) =>
    `revision ${revision}, ${action} by ${by}${toReason(reason)}`,
  'rollout.started': toRolloutLine,
  'rollout.stepped': ({ version, environment, from, to, reason }) =>
    `${version} in ${environment}, ${from} → ${to}${toReason(reason)}`,
  'rollout.paused': toRolloutLine,
  'rollout.resumed': toRolloutLine,
  'rollout.waiting': toRolloutLine,
  'rollout.noticed': toRolloutLine,
  'rollout.ended': ({ version, environment, outcome, reason }) =>
    `${version} in ${environment}, ${outcome}${toReason(reason)}`,
  'service.health': ({ environment, prefix, version, before, state, why }) =>
    `${environment} ${prefix} ${version}, ${before} → ${state}: ${why}`,
  'publication.failed': ({ revision, message }) => `revision ${revision} is not in KV: ${message}`,
  'publication.recovered': ({ revision }) => `revision ${revision} is in KV`,
  'token.created': toTokenLine,
  'token.revoked': toTokenLine,
}

/** The event as one line. For an unknown kind, all fields are printed. */
function toLine({ id: _, at, kind, ...fields }: AnyEvent): string {
  const line = isKnownKind(kind) ? LINES[kind](fields) : JSON.stringify(fields)
  return `${toTime(at)}  ${kind}  ${line}`
}

function isKnownKind(kind: string): kind is EventKind {
  return Object.hasOwn(LINES, kind)
}

function toRolloutLine({ version, environment, weight, reason }: Fields): string {
  return `${version} in ${environment} at ${weight} %${toReason(reason)}`
}

function toTokenLine({ name, token, by }: Fields): string {
  return `"${name}" (${token}) by ${by}`
}

function toReason(reason: unknown): string {
  return reason === undefined ? '' : `: ${reason}`
}
