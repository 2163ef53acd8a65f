// The route of experiments: what is known of each so far.

import { ok } from '../../core/result.ts'
import { experimentsReply } from '../../wire/experiments.ts'
import { type Route, route } from '../http/route.ts'

export const EXPERIMENT_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/experiments',
    scope: 'read',
    summary: 'Experiments with flags, and what is known of each so far',
    reply: experimentsReply,
    handle: async ({ ask, caller }) => {
      const answer = await ask('none', (control) => control.experiments(caller))
      if (!answer.ok) return answer
      return ok({ body: { experiments: [...answer.value] } })
    },
  }),
]
