// The command that goes back to an earlier revision. Pure. Who gets which version is as it was then;
// what is known of versions, and which buckets have suffered, is as it is now.

import { err, ok } from '../core/result.ts'
import { toOwners } from '../core/traffic.ts'
import type { Command } from './commands.ts'
import type { Content } from './document.ts'
import { type Drafted, getOwn, refuse } from './draft.ts'
import { bequeath } from './opening.ts'

export function rollBack(
  { to }: Extract<Command, { kind: 'rollback' }>,
  current: Content,
  earlier: Content | undefined,
): Drafted {
  if (!earlier) return refuse('to', `there is no revision ${to} in the history`)
  const refusals = Object.entries(earlier.environments).flatMap(([name, { version }]) => {
    const entry = getOwn(current.versions, version)
    const was = getOwn(earlier.versions, version)
    const isOther = entry !== undefined && entry.manifest !== was?.manifest
    if (entry && !entry.withdrawn && !isOther) return []
    // An id can be used again once its version was collected.
    const why = !entry ? 'is gone' : isOther ? 'had other content then' : 'is withdrawn'
    const message = `in revision ${to} "${name}" points at version "${version}", which ${why}`
    return { path: 'to', message }
  })
  if (refusals.length > 0) return err(refusals)
  const { schema, spent } = current
  const { salt, environments, traffic, rules, visitor, polled, expose } = earlier
  const heir = toOwners(traffic)[0]
  const versions =
    heir === undefined ? current.versions : bequeath(current.versions, environments, heir)
  return ok({
    schema,
    salt,
    environments,
    traffic,
    spent,
    rules,
    versions: withoutLostFallbacks(versions, earlier),
    visitor,
    polled,
    expose,
  })
}

/**
 * A fallback to an environment that did not exist then, or was restricted, would make the document
 * invalid. It goes, so that whoever must go back in a hurry can; errors are passed on instead.
 */
function withoutLostFallbacks(
  versions: Content['versions'],
  { environments }: Content,
): Content['versions'] {
  const isLost = (fallback: string | undefined) => {
    const environment = fallback === undefined ? undefined : getOwn(environments, fallback)
    return fallback !== undefined && (!environment || environment.restricted === true)
  }
  return Object.fromEntries(
    Object.entries(versions).map(([id, version]) => {
      if (!version.services?.some(({ fallback }) => isLost(fallback))) return [id, version]
      const services = version.services.map(({ fallback, ...service }) =>
        isLost(fallback) ? service : { ...service, fallback },
      )
      return [id, { ...version, services }]
    }),
  )
}
