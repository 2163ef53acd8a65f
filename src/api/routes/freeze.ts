// Routes of the freeze: whether releases may go forward, and who ends or begins that.

import { findUntilMistake } from '../../control/safety/freezing.ts'
import { err, ok } from '../../core/result.ts'
import { freezeBody, freezeReply, unfreezeQuery } from '../../wire/freeze.ts'
import { type Route, route } from '../http/route.ts'

export const FREEZE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/freeze',
    scope: 'read',
    summary: 'Whether releases are frozen: by whom, until when, and why',
    reply: freezeReply,
    handle: async ({ ask, caller }) => {
      const answer = await ask('none', (control) => control.readFreeze(caller))
      return answer.ok ? ok({ body: answer.value }) : answer
    },
  }),
  route({
    method: 'PUT',
    path: '/freeze',
    scope: 'shift',
    summary: 'No release goes forward any more; taking one back is always allowed',
    body: freezeBody,
    changes: 'freeze',
    reply: freezeReply,
    handle: async ({ ask, caller, body, now }) => {
      const message = findUntilMistake(body.until, now)
      if (message !== undefined) {
        return err({ kind: 'invalid_request', problems: [{ path: 'until', message }] })
      }
      const answer = await ask('changes', (control) => control.freeze(caller, body))
      return answer.ok ? ok({ body: answer.value }) : answer
    },
  }),
  route({
    method: 'DELETE',
    path: '/freeze',
    scope: 'shift',
    summary: 'Releases may go forward again',
    query: unfreezeQuery,
    changes: 'freeze',
    reply: freezeReply,
    handle: async ({ ask, caller, query: { reason } }) => {
      const answer = await ask('changes', (control) => control.unfreeze(caller, reason))
      return answer.ok ? ok({ body: answer.value }) : answer
    },
  }),
]
