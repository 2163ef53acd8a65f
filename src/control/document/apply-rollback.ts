// The command that goes back to an earlier revision. Pure. Environments, traffic and rules come from the
// earlier revision; versions, spent buckets, and who may see what is restricted stay as they are now.

import { getOwn } from '../../core/own.ts'
import { err, ok } from '../../core/result.ts'
import { toOwners } from '../../core/traffic.ts'
import { MAX_ASSIGNMENTS_BYTES } from '../../document/limits.ts'
import { withOwnKeys } from '../../document/previews.ts'
import type { Command } from '../../wire/commands.ts'
import { type Content, countBytes } from './content.ts'
import { type DraftResult, refuseChange } from './draft.ts'
import { bequeath, markOpen } from './opening.ts'
import { MAX_SETTINGS_ROOM_BYTES, measureRoom, RESERVED_BYTES } from './room.ts'

export function restoreRevision(
  { to }: Extract<Command, { kind: 'rollback' }>,
  current: Content,
  earlier: Content | undefined,
): DraftResult {
  if (!earlier) return refuseChange('to', `there is no revision ${to} in the history`)
  const refusals = Object.entries(earlier.environments).flatMap(([name, { version }]) => {
    const entry = getOwn(current.versions, version)
    const was = getOwn(earlier.versions, version)
    const isOther = entry !== undefined && entry.manifest !== was?.manifest
    if (entry && !entry.withdrawn && !isOther) return []
    // After a version was collected, its id can be published again with other content.
    const why = !entry ? 'is gone' : isOther ? 'had other content then' : 'is withdrawn'
    const message = `in revision ${to} "${name}" points at version "${version}", which ${why}`
    return { path: 'to', message }
  })
  if (refusals.length > 0) return err(refusals)
  const { schema, spent } = current
  const { salt, environments, traffic, rules, visitor, polled, expose, measure } = earlier
  const { tabPins, browserReports, embeddedCookies, flags } = earlier
  const heir = toOwners(traffic)[0]
  const versions =
    heir === undefined ? current.versions : bequeath(current.versions, environments, heir)
  const draft = {
    schema,
    salt,
    environments: withPresentShadows(withPresentAdmissions(environments, current), current),
    traffic,
    spent: keepNewest(traffic, spent),
    rules,
    versions: withoutLostFallbacks(versions, earlier),
    visitor,
    polled,
    tabPins,
    browserReports,
    embeddedCookies,
    expose,
    measure,
    flags,
    flagSettings: withPresentKeys(earlier, current),
    previews: withOwnKeys({ previews: earlier.previews }, current).previews,
  }
  const bytes = countBytes(JSON.stringify(markOpen(draft))) + OWN_FIELDS_BYTES
  return bytes > MAX_ASSIGNMENTS_BYTES
    ? refuseChange('to', toTooLarge(to, earlier, bytes))
    : ok(draft)
}

/** The settings of flags, with the keys of today: going back must not let a key in that was taken away. */
function withPresentKeys(earlier: Content, current: Content): Content['flagSettings'] {
  const { keys: _, ...settings } = earlier.flagSettings ?? {}
  const keys = current.flagSettings?.keys
  if (keys) return { ...settings, keys }
  return earlier.flagSettings && settings
}

/**
 * Keeps who is admitted to the restricted environments of today: going back must not let somebody in who was
 * let go since then.
 */
function withPresentAdmissions(
  earlier: Content['environments'],
  { environments }: Content,
): Content['environments'] {
  return Object.fromEntries(
    Object.entries(earlier).map(([name, environment]) => {
      const known = getOwn(environments, name)
      if (!environment.restricted || !known?.restricted) return [name, environment]
      const { admit: _, ...rest } = environment
      return [name, known.admit ? { ...rest, admit: known.admit } : rest]
    }),
  )
}

/**
 * Keeps whose requests are copied today: going back is for emergencies, and must not begin a shadow that was
 * stopped. One whose target was not there then ends.
 */
function withPresentShadows(
  earlier: Content['environments'],
  { environments }: Content,
): Content['environments'] {
  return Object.fromEntries(
    Object.entries(earlier).map(([name, { shadow: _, ...rest }]) => {
      const shadow = getOwn(environments, name)?.shadow
      return [name, shadow && getOwn(earlier, shadow.to) ? { ...rest, shadow } : rest]
    }),
  )
}

/** Room for `revision`, `reserve` and `audit`, which the control adds. */
const OWN_FIELDS_BYTES = 150

/**
 * The refusal of a revision that would make the document too large. A revision that the control made
 * within the bounds of room.ts always fits. One from before those bounds, or one that was adopted from
 * KV, may not.
 */
function toTooLarge(to: number, earlier: Content, bytes: number): string {
  const { settings } = measureRoom(earlier)
  return `revision ${to} has ${settings} bytes of environments and rules (today at most ${MAX_SETTINGS_ROOM_BYTES}); with the present versions the document would have ${bytes} bytes, and at most ${MAX_ASSIGNMENTS_BYTES} are allowed. Go back to a smaller revision, or set RETAIN_VERSIONS or RETAIN_DAYS lower and run "holo gc"; a single environment goes back with "holo point"`
}

/**
 * The newest spent ranges that fit beside the traffic. The others may go: they only order who is moved
 * last.
 */
function keepNewest(traffic: Content['traffic'], spent: Content['spent']): Content['spent'] {
  let kept = spent
  while (kept && kept.length > 0) {
    if (countBytes(JSON.stringify({ traffic, spent: kept })) <= RESERVED_BYTES) break
    kept = kept.slice(Math.ceil(kept.length / 2))
  }
  return kept
}

/**
 * Removes fallbacks to environments that are missing or restricted in the earlier revision. They would
 * make the document invalid and so block an urgent rollback. Without its fallback, a service passes
 * errors on.
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
