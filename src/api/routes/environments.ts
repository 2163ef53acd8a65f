// Routes of the environments and of the traffic between them.

import { err, ok } from '../../core/result.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import { committed } from '../../wire/changes.ts'
import {
  type EnvironmentReply,
  environment,
  environmentBody,
  environmentParams,
  environmentsReply,
  shiftBody,
  swapBody,
  tabPinsBody,
  trafficReply,
} from '../../wire/environments.ts'
import { changeQuery } from '../../wire/parts.ts'
import { commitChange, loadDocument, toPercents } from '../http/current-document.ts'
import { type Route, route } from '../http/route.ts'

export const ENVIRONMENT_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/environments',
    scope: 'read',
    summary: 'All environments, in their order',
    readsDocument: true,
    reply: environmentsReply,
    handle: async (call) => {
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { revision, document } = current.value
      return ok({ revision, body: { revision, environments: toEnvironments(document) } })
    },
  }),
  route({
    method: 'GET',
    path: '/environments/{name}',
    scope: 'read',
    summary: 'One environment',
    params: environmentParams,
    readsDocument: true,
    reply: environment,
    handle: async (call) => {
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { revision, document } = current.value
      const found = toEnvironments(document).find(({ name }) => name === call.params.name)
      return found ? ok({ revision, body: found }) : err({ kind: 'not_found' })
    },
  }),
  route({
    method: 'PUT',
    path: '/environments/{name}',
    scope: 'shift',
    summary: 'Creates an environment, or changes the given fields of an existing one',
    params: environmentParams,
    query: changeQuery,
    body: environmentBody,
    changes: 'document',
    reply: committed,
    handle: (call) =>
      commitChange(call, { ...call.body, kind: 'set-environment', name: call.params.name }),
  }),
  route({
    method: 'DELETE',
    path: '/environments/{name}',
    scope: 'shift',
    summary: 'Removes an environment without traffic that no rule and no fallback names',
    params: environmentParams,
    query: changeQuery,
    changes: 'document',
    reply: committed,
    handle: (call) => commitChange(call, { kind: 'remove-environment', name: call.params.name }),
  }),
  route({
    method: 'GET',
    path: '/traffic',
    scope: 'read',
    summary: 'The share of the traffic of each environment',
    readsDocument: true,
    reply: trafficReply,
    handle: async (call) => {
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { revision, document } = current.value
      const body = {
        revision,
        weights: Object.fromEntries(toPercents(document)),
        traffic: document.traffic,
      }
      return ok({ revision, body })
    },
  }),
  route({
    method: 'PUT',
    path: '/traffic',
    scope: 'shift',
    summary: 'Sets the percentages of environments; `base` takes up the difference',
    query: changeQuery,
    body: shiftBody,
    changes: 'document',
    reply: committed,
    handle: (call) => commitChange(call, { ...call.body, kind: 'shift' }),
  }),
  route({
    method: 'PUT',
    path: '/tab-pins',
    scope: 'shift',
    summary: 'Whether pages get the script that pins each tab, in all environments or in one',
    query: changeQuery,
    body: tabPinsBody,
    changes: 'document',
    reply: committed,
    handle: (call) => commitChange(call, { ...call.body, kind: 'set-tab-pins' }),
  }),
  route({
    method: 'POST',
    path: '/swap',
    scope: 'shift',
    summary: 'Exchanges the versions of two environments in one revision',
    query: changeQuery,
    body: swapBody,
    changes: 'document',
    reply: committed,
    handle: (call) => commitChange(call, { ...call.body, kind: 'swap' }),
  }),
]

function toEnvironments(document: AssignmentsDocument): EnvironmentReply[] {
  const percents = toPercents(document)
  return Object.entries(document.environments).map(
    ([name, { version, restricted = false, hosts = [], admit }]) => ({
      name,
      version,
      restricted,
      hosts,
      ...(admit && { admit }),
      percent: percents.get(name) ?? 0,
    }),
  )
}
