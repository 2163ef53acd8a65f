// Routes of the windows in which releases may go forward.

import { ok } from '../../core/result.ts'
import { reasonQuery } from '../../wire/parts.ts'
import { windows, windowsReply } from '../../wire/windows.ts'
import { type Route, route } from '../http/route.ts'

export const WINDOWS_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/windows',
    scope: 'read',
    summary: 'When releases may go forward, and whether they may now',
    reply: windowsReply,
    handle: async ({ ask, caller }) => {
      const answer = await ask('none', (control) => control.readWindows(caller))
      return answer.ok ? ok({ body: answer.value }) : answer
    },
  }),
  route({
    method: 'PUT',
    path: '/windows',
    scope: 'shift',
    summary: 'Sets when releases may go forward; no windows for any time',
    query: reasonQuery,
    body: windows,
    changes: 'freeze',
    reply: windowsReply,
    handle: async ({ ask, caller, body, query: { reason } }) => {
      const answer = await ask('changes', (control) => control.setWindows(caller, body, reason))
      return answer.ok ? ok({ body: answer.value }) : answer
    },
  }),
]
