// Routes of rollouts: to start one, to look at them, and what people may do to one that runs.

import * as z from 'zod'
import { ROLLOUT_COMMANDS, type RolloutCommand } from '../../control/rollouts/contract.ts'
import { err, ok } from '../../core/result.ts'
import { explanation, replay, rolloutStatus, rolloutSummary } from '../http/rollout-schemas.ts'
import { type Route, route } from '../http/route.ts'
import {
  changeQuery,
  committed,
  environmentName,
  next,
  pageQuery,
  reason,
  versionId,
} from '../http/schemas.ts'

const params = z.strictObject({ id: z.string().regex(/^[0-9A-Za-z-]{1,40}$/) })

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
    summary: 'Points the canary at a version and begins to roll it out, in one revision',
    query: changeQuery,
    body: z.strictObject({
      version: versionId,
      environment: environmentName
        .default('canary')
        .describe('The canary; it is made where there is none of the name'),
      base: environmentName.optional().describe('The first other public one when left out'),
      plan: z
        .union([z.string(), z.looseObject({})])
        .default('standard')
        .describe('`careful`, `standard`, `blue-green`, `instant`, or a plan: docs/rollouts.md'),
    }),
    changes: 'document',
    failures: ['rollout_refused'],
    reply: committed.extend({ rollout: rolloutStatus.optional().describe('Not of a dry run') }),
    handle: async ({ ask, caller, query, body, expectedRevision }) => {
      const dryRun = query.dryRun === 'true'
      const start = { ...body, base: body.base, expectedRevision, reason: query.reason, dryRun }
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
    reply: z.strictObject({ rollouts: z.array(rolloutSummary), next }),
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
    params,
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
      params,
      query: z.strictObject({ reason }),
      changes: 'rollouts',
      failures: ['rollout_refused', 'stale', 'invalid_change'],
      reply: rolloutStatus,
      handle: async ({ ask, caller, params: { id }, query }) => {
        const answer = await ask('changes', (control) =>
          control.commandRollout(caller, Number(id), command, query.reason),
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
    params,
    reply: explanation,
    handle: async ({ ask, caller, params: { id } }) => {
      const answer = await ask('none', (control) => control.explainRollout(caller, Number(id)))
      if (!answer.ok) return answer
      return answer.value ? ok({ body: answer.value }) : err({ kind: 'not_found' })
    },
  }),
  route({
    method: 'GET',
    path: '/rollouts/{id}/replay',
    scope: 'read',
    oneAtATime: true,
    summary: 'Gives the machine all its events again, and says whether the same comes out',
    params,
    reply: replay,
    hasSteps: true,
    handle: async ({ ask, caller, params: { id } }) => {
      const answer = await ask('none', (control) => control.replayRollout(caller, Number(id)))
      if (!answer.ok) return answer
      const body = answer.value
      return body ? ok({ body, isUnfinished: !body.done }) : err({ kind: 'not_found' })
    },
  }),
]
