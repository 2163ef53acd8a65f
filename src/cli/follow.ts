// Events as they happen, printed until Ctrl-C: what `holo log --follow` does.

import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { type anyEvent, eventsReply } from '../wire/events.ts'
import type { Api } from './api.ts'
import type { CommandOutcome, Context } from './command.ts'
import { CliFailure, EXIT } from './failure.ts'
import { toCount, toTime } from './words.ts'

type AnyEvent = z.infer<typeof anyEvent>

/** Events are asked for this often. */
const POLL_MS = 1000
/** After a call that was not answered the next one waits, doubled each time up to this. */
const LONGEST_WAIT_MS = 30_000

/** Follows from now on. Goes on over calls that are not answered, and says so once. */
export async function followEvents(context: Context, api: Api): Promise<CommandOutcome> {
  let { next } = await api.ask(eventsReply, 'GET', '/events')
  context.say('Waiting for events; Ctrl-C ends it')
  let failures = 0
  while (!context.signal.aborted) {
    try {
      const waitMs = Math.min(POLL_MS * 2 ** failures, LONGEST_WAIT_MS)
      await sleep(waitMs, undefined, { signal: context.signal })
      const query = { after: String(next), limit: '100' }
      const reply = await api.ask(eventsReply, 'GET', '/events', { query })
      failures = 0
      if (reply.missed > 0)
        context.say(`${toCount(reply.missed, 'event')} came too fast and are gone`)
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

/** The event in one line; of a kind that this command does not know, all its fields. */
function toLine({ id: _, at, kind, ...fields }: AnyEvent): string {
  return `${toTime(at)}  ${kind}  ${toText(kind, fields)}`
}

function toText(kind: string, fields: Readonly<Record<string, unknown>>): string {
  const { version, environment, weight, by, reason, revision } = fields
  const why = reason === undefined ? '' : `: ${reason}`
  switch (kind) {
    case 'revision.committed':
      return `revision ${revision}, ${fields.action} by ${by}${why}`
    case 'rollout.stepped':
      return `${version} in ${environment}, ${fields.from} → ${fields.to}${why}`
    case 'rollout.ended':
      return `${version} in ${environment}, ${fields.outcome}${why}`
    case 'rollout.started':
    case 'rollout.paused':
    case 'rollout.resumed':
    case 'rollout.waiting':
    case 'rollout.noticed':
      return `${version} in ${environment} at ${weight} %${why}`
    case 'service.health':
      return `${environment} ${fields.prefix} ${version}, ${fields.before} → ${fields.state}: ${fields.why}`
    case 'publication.failed':
      return `revision ${revision} is not in KV: ${fields.message}`
    case 'publication.recovered':
      return `revision ${revision} is in KV`
    case 'token.created':
    case 'token.revoked':
      return `"${fields.name}" (${fields.token}) by ${by}`
    default:
      return JSON.stringify(fields)
  }
}
