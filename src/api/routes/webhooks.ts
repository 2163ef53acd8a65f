// Routes of webhooks. No reply contains a secret, or more of an address than its origin.

import { err, ok } from '../../core/result.ts'
import {
  deliveriesReply,
  delivery,
  newWebhookBody,
  redeliverBody,
  resumeBody,
  webhook,
  webhookParams,
  webhooksReply,
} from '../../wire/webhooks.ts'
import type { Failure } from '../http/problems.ts'
import { type Call, type Route, route } from '../http/route.ts'

export const WEBHOOK_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/webhooks',
    scope: 'read',
    summary: 'Webhooks and how they fare, without secrets and addresses',
    reply: webhooksReply,
    handle: async ({ ask, caller }) => {
      const answer = await ask('none', (control) => control.webhooks(caller))
      return answer.ok ? ok({ body: { webhooks: answer.value } }) : answer
    },
  }),
  route({
    method: 'POST',
    path: '/webhooks',
    scope: 'admin',
    summary: 'Adds a webhook, which gets events from now on',
    changes: 'webhooks',
    body: newWebhookBody,
    reply: webhook,
    status: 201,
    handle: async (call) => {
      const { ask, caller, body } = call
      const asked = { ...body, dashboard: toDashboard(call) }
      const answer = await ask('changes', (control) => control.addWebhook(caller, asked))
      return answer.ok ? ok({ body: answer.value }) : err(toOwnFailure(answer.error))
    },
  }),
  route({
    method: 'DELETE',
    path: '/webhooks/{name}',
    scope: 'admin',
    summary: 'Removes a webhook and its deliveries',
    changes: 'webhooks',
    params: webhookParams,
    reply: webhook,
    handle: async ({ ask, caller, params: { name } }) => {
      const answer = await ask('changes', (control) => control.removeWebhook(caller, name))
      return answer.ok ? toFound(answer.value) : answer
    },
  }),
  route({
    method: 'POST',
    path: '/webhooks/{name}/resume',
    scope: 'admin',
    summary: 'Tries again at once, and enables a webhook that was disabled',
    changes: 'webhooks',
    params: webhookParams,
    body: resumeBody,
    reply: webhook,
    handle: async ({ ask, caller, params: { name }, body: { skip = false } }) => {
      const answer = await ask('changes', (control) => control.resumeWebhook(caller, name, skip))
      return answer.ok ? toFound(answer.value) : answer
    },
  }),
  route({
    method: 'POST',
    path: '/webhooks/{name}/test',
    scope: 'admin',
    summary: 'Sends a made-up event once, and says what came of it',
    changes: 'webhooks',
    params: webhookParams,
    oneAtATime: true,
    reply: delivery,
    handle: async ({ ask, caller, params: { name } }) => {
      const answer = await ask('changes', (control) => control.testWebhook(caller, name))
      return answer.ok ? toFound(answer.value) : answer
    },
  }),
  route({
    method: 'GET',
    path: '/webhooks/{name}/deliveries',
    scope: 'read',
    summary: 'The newest deliveries of a webhook',
    params: webhookParams,
    reply: deliveriesReply,
    handle: async ({ ask, caller, params: { name } }) => {
      const answer = await ask('none', (control) => control.deliveries(caller, name))
      if (!answer.ok) return answer
      return toFound(answer.value && { deliveries: answer.value })
    },
  }),
  route({
    method: 'POST',
    path: '/webhooks/{name}/redeliver',
    scope: 'admin',
    summary: 'Sends the event of a delivery once more, and says what came of it',
    changes: 'webhooks',
    params: webhookParams,
    body: redeliverBody,
    oneAtATime: true,
    reply: delivery,
    handle: async ({ ask, caller, params: { name }, body }) => {
      const answer = await ask('changes', (control) =>
        control.redeliver(caller, name, body.delivery),
      )
      return answer.ok ? toFound(answer.value) : err(toOwnFailure(answer.error))
    },
  }),
]

/** A webhook is no part of the document: what is wrong with one is wrong with the request. */
function toOwnFailure(failure: Failure): Failure {
  return failure.kind === 'invalid_change' ? { ...failure, kind: 'invalid_request' } : failure
}

function toFound(body: object | undefined) {
  return body ? ok({ body }) : err({ kind: 'not_found' as const })
}

/** Where the dashboard is: at its own host name, or where the API was called. */
function toDashboard({
  origin,
  dashboardHost,
}: Pick<Call<never, never, never>, 'origin' | 'dashboardHost'>) {
  return dashboardHost ? `https://${dashboardHost}/.holo/` : `${origin}/.holo/`
}
