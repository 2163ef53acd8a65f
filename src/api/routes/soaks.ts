// Routes of soaks: the last one of each pair of environments.

import { ok } from '../../core/result.ts'
import { keptSoak, soak, soaksReply } from '../../wire/soak.ts'
import { type Route, route } from '../http/route.ts'

export const SOAK_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/shadow/soaks',
    scope: 'read',
    summary:
      'The last soak of each pair of environments, also while it runs: its steps and what it found',
    reply: soaksReply,
    handle: async ({ ask, caller }) => {
      const answer = await ask('none', (control) => control.soaks(caller))
      return answer.ok ? ok({ body: { soaks: [...answer.value] } }) : answer
    },
  }),
  route({
    method: 'PUT',
    path: '/shadow/soaks',
    scope: 'admin',
    summary:
      'Keeps what a soak has found so far, in the place of the last one of these environments',
    body: soak,
    changes: 'soaks',
    reply: keptSoak,
    handle: async ({ ask, caller, body }) => {
      const answer = await ask('changes', (control) => control.keepSoak(caller, body))
      return answer.ok ? ok({ body: answer.value }) : answer
    },
  }),
]
