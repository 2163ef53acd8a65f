// Routes of the errors that browsers have reported, with their places in the source where the version has source
// maps.

import { getOwn } from '../../core/own.ts'
import { err, ok, type Result } from '../../core/result.ts'
import {
  type ErrorFrame,
  type ErrorGroupSummary,
  errorParams,
  errorReply,
  errorsQuery,
  errorsReply,
} from '../../wire/errors.ts'
import { resolveFrames } from '../content/source-maps.ts'
import { loadDocument } from '../http/current-document.ts'
import type { Failure } from '../http/problems.ts'
import { type Route, route, type StoreAsker } from '../http/route.ts'

/** Versions of one list whose first frames are looked up; the others show what browsers reported. */
const MAX_RESOLVED_VERSIONS = 3

/** A stack of 2,000 characters has some twenty frames. */
const MAX_FRAMES = 50

export const ERROR_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/errors',
    scope: 'read',
    summary: 'Errors that browsers have reported, by groups, new ones first',
    query: errorsQuery,
    reply: errorsReply,
    handle: async (call) => {
      const { ask, caller, query } = call
      const { version, environment, new: isNew, limit, resolve } = query
      const wanted = { version, environment, isNew, limit }
      const answer = await ask('none', (control) => control.errors(caller, wanted))
      if (!answer.ok) return answer
      const { groups, ...counted } = answer.value
      const resolved = resolve
        ? await resolveFirst(call, groups)
        : ok(new Map<string, ErrorFrame>())
      if (!resolved.ok) return resolved
      const errors = groups.map((group) => {
        const frame = resolved.value.get(group.id)
        return frame ? { ...group, resolved: frame } : group
      })
      return ok({ body: { errors, ...counted } })
    },
  }),
  route({
    method: 'GET',
    path: '/errors/{id}',
    scope: 'read',
    summary: 'One group of errors with a stack, resolved with the source maps of its version',
    params: errorParams,
    reply: errorReply,
    handle: async (call) => {
      const { ask, caller, params } = call
      const answer = await ask('none', (control) => control.error(caller, params.id))
      if (!answer.ok) return answer
      if (!answer.value) return err({ kind: 'not_found' })
      const { stack, ...group } = answer.value
      const lines = stack.split('\n').filter((line) => line !== '')
      const raw = lines.length > 0 ? lines : group.frame === '' ? [] : [group.frame]
      const resolved = await resolve(call, group.version, raw.slice(0, MAX_FRAMES))
      return resolved.ok ? ok({ body: { ...group, stack: resolved.value } }) : resolved
    },
  }),
]

/** The first frame of each group, by its id. */
async function resolveFirst(
  asker: StoreAsker,
  groups: readonly ErrorGroupSummary[],
): Promise<Result<ReadonlyMap<string, ErrorFrame>, Failure>> {
  const framed = groups.filter(({ frame }) => frame !== '')
  const found = new Map<string, ErrorFrame>()
  const byVersion = [...Map.groupBy(framed, ({ version }) => version)]
  for (const [version, its] of byVersion.slice(0, MAX_RESOLVED_VERSIONS)) {
    const frames = its.map(({ frame }) => frame)
    const resolved = await resolve(asker, version, frames)
    if (!resolved.ok) return resolved
    for (const [i, { id }] of its.entries()) {
      const frame = resolved.value[i]
      if (frame) found.set(id, frame)
    }
  }
  return ok(found)
}

async function resolve(
  asker: StoreAsker,
  version: string,
  frames: readonly string[],
): Promise<Result<readonly ErrorFrame[], Failure>> {
  if (frames.length === 0) return ok([])
  const current = await loadDocument(asker)
  if (!current.ok) return current
  const store = await asker.openStore()
  if (!store.ok) return store
  const manifest = getOwn(current.value.document.versions, version)?.manifest
  return ok(await resolveFrames(store.value, manifest, frames))
}
