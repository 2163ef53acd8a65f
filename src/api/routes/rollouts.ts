// Routes of rollouts: to start one, to look at them, and what people may do to one that runs.

import { err, ok } from '../../core/result.ts'
import { changeQuery, pageQuery } from '../../wire/parts.ts'
import { rolloutEventsQuery, rolloutEventsReply } from '../../wire/rollout-events.ts'
import { rolloutStart, rolloutStartReply } from '../../wire/rollout-start.ts'
import {
  ROLLOUT_COMMANDS,
  type RolloutCommand,
  rolloutCommandQuery,
  rolloutExplanation,
  rolloutParams,
  rolloutStatus,
  rolloutsReply,
} from '../../wire/rollouts.ts'
import { type Route, route } from '../http/route.ts'

const SUMMARIES: Readonly<Record<RolloutCommand, string>> = {
  pause: 'Nothing moves by itself any more; evidence still takes the release back',
  resume: 'Goes on with the plan, and gives the canary the weight of its step again',
  advance: 'The next step, whatever the present gate asks for',
  promote: 'Everybody gets the version now, whatever the gates ask for',
  abort: 'Takes the release back now',
}

export const ROLLOUT_ROUTES: readonly Route[] = [
  route({
    method: 'POST',
    path: '/rollouts',
    scope: 'shift',
    summary:
      'Begins to roll out a version, at which the canary is pointed, or a variant of a flag, in one revision',
    query: changeQuery,
    body: rolloutStart,
    changes: 'document',
    failures: ['rollout_refused'],
    reply: rolloutStartReply,
    handle: async ({ ask, caller, query, body, expectedRevision }) => {
      const dryRun = query.dryRun === 'true'
      const { version = '', environment = 'canary', flag, variant = '', ...more } = body
      const what = flag === undefined ? { version, environment } : { flag, variant }
      const start = {
        ...more,
        ...what,
        expectedRevision,
        reason: query.reason,
        dryRun,
        belowFloor: query.belowFloor === 'true',
        outsideWindow: query.outsideWindow === 'true',
      }
      const answer = await ask(dryRun ? 'none' : 'changes', (control) =>
        control.startRollout(caller, start),
      )
      if (!answer.ok) return answer
      const { text, closed, ...started } = answer.value
      return ok({
        body: {
          ...started,
          ...(closed.length > 0 ? { closed } : {}),
          ...(dryRun ? { text } : {}),
        },
        ...(dryRun ? {} : { revision: started.revision }),
      })
    },
  }),
  route({
    method: 'GET',
    path: '/rollouts',
    scope: 'read',
    summary: 'Rollouts, running and past, newest first',
    query: pageQuery,
    reply: rolloutsReply,
    handle: async ({ ask, caller, query: { limit, before } }) => {
      const answer = await ask('none', (control) => control.rollouts(caller, { limit, before }))
      if (!answer.ok) return answer
      const rollouts = answer.value
      const last = rollouts.length === limit ? rollouts.at(-1)?.id : undefined
      return ok({ body: { rollouts, next: last } })
    },
  }),
  route({
    method: 'GET',
    path: '/rollouts/{id}',
    scope: 'read',
    summary: 'How one rollout stands, and what it waits for',
    params: rolloutParams,
    reply: rolloutStatus,
    handle: async ({ ask, caller, params: { id } }) => {
      const answer = await ask('none', (control) => control.rollout(caller, Number(id)))
      if (!answer.ok) return answer
      return answer.value ? ok({ body: answer.value }) : err({ kind: 'not_found' })
    },
  }),
  ...ROLLOUT_COMMANDS.map((command) =>
    route({
      method: 'POST',
      path: `/rollouts/{id}/${command}`,
      scope: 'shift',
      summary: SUMMARIES[command],
      params: rolloutParams,
      query: rolloutCommandQuery,
      changes: 'rollouts',
      failures: ['rollout_refused', 'stale', 'invalid_change', 'frozen', 'below_floor'],
      reply: rolloutStatus,
      handle: async ({ ask, caller, params: { id }, query }) => {
        const answer = await ask('changes', (control) =>
          control.commandRollout(caller, Number(id), command, {
            reason: query.reason,
            belowFloor: query.belowFloor === 'true',
            outsideWindow: query.outsideWindow === 'true',
          }),
        )
        if (!answer.ok) return answer
        return answer.value ? ok({ body: answer.value }) : err({ kind: 'not_found' })
      },
    }),
  ),
  route({
    method: 'GET',
    path: '/rollouts/{id}/explain',
    scope: 'read',
    summary: 'Every transition with all that it rested on, and how it stands in sentences',
    params: rolloutParams,
    reply: rolloutExplanation,
    handle: async ({ ask, caller, params: { id } }) => {
      const answer = await ask('none', (control) => control.explainRollout(caller, Number(id)))
      if (!answer.ok) return answer
      return answer.value ? ok({ body: answer.value }) : err({ kind: 'not_found' })
    },
  }),
  route({
    method: 'GET',
    path: '/rollouts/{id}/events',
    scope: 'read',
    summary:
      'The events of its machine, oldest first, with the transitions they led to: for a replay',
    params: rolloutParams,
    query: rolloutEventsQuery,
    reply: rolloutEventsReply,
    handle: async ({ ask, caller, params: { id }, query: { cursor } }) => {
      const answer = await ask('none', (control) =>
        control.rolloutEvents(caller, Number(id), cursor),
      )
      if (!answer.ok) return answer
      const body = answer.value
      return body ? ok({ body }) : err({ kind: 'not_found' })
    },
  }),
]
