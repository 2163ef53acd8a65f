// Decides whether a version is drained: nobody is led to it any more, and nobody has asked it for a while, so
// that its backend may be switched off. Pure; times are milliseconds since the epoch.

/**
 * A version is drained when nobody has asked it for this long. A tab counts as open for the same time after
 * its last call.
 */
export const DRAIN_QUIET_MS = 3_600_000

/** What leads visitors to a version. Whatever else does so (rules, rollouts, fallbacks) names an environment. */
export type Lead =
  | { readonly kind: 'environments'; readonly names: readonly string[] }
  | { readonly kind: 'preview'; readonly until: number }

export type Drainable = {
  /** What leads to it now; `undefined` for nothing. */
  readonly lead: Lead | undefined
  /** When an environment last ceased to point at it; `undefined` for never. */
  readonly leftAt: number | undefined
  /** Not earlier than its last request; `undefined` if none is known. */
  readonly lastRequestAt: number | undefined
}

export type DrainState = 'inUse' | 'draining' | 'drained' | 'unused'

export type DrainDecision = {
  readonly state: DrainState
  readonly why: string
  /** When a version was drained, or will be if nobody asks it; `undefined` if it is not known. */
  readonly drainedAt: number | undefined
}

export function decideDrain(
  { lead, leftAt, lastRequestAt }: Drainable,
  now: number,
): DrainDecision {
  if (lead) return { state: 'inUse', why: toLeadText(lead), drainedAt: undefined }
  if (leftAt === undefined && lastRequestAt === undefined) {
    const why = 'no environment has pointed at it, and nobody has asked it'
    return { state: 'unused', why, drainedAt: undefined }
  }
  const drainedAt = Math.max(leftAt ?? 0, lastRequestAt ?? 0) + DRAIN_QUIET_MS
  if (drainedAt <= now) {
    const why = 'no environment points at it, and nobody has asked it for an hour'
    return { state: 'drained', why, drainedAt }
  }
  const isAsked = lastRequestAt !== undefined && lastRequestAt > now - DRAIN_QUIET_MS
  const why = isAsked
    ? 'it was asked in the last hour'
    : 'an environment pointed at it in the last hour'
  return { state: 'draining', why, drainedAt }
}

function toLeadText(lead: Lead): string {
  if (lead.kind === 'preview') return 'a link to a preview shows it'
  const { names } = lead
  return names.length === 1
    ? `the environment ${names[0]} points at it`
    : `the environments ${names.join(', ')} point at it`
}

type WithOrigins = {
  readonly prefix: string
  readonly origins: readonly string[]
}

/**
 * Which other versions have a service with an origin of this one: switching it off would take it away from
 * them.
 */
export function listSharing(
  { origins }: WithOrigins,
  others: ReadonlyMap<string, readonly WithOrigins[]>,
): string[] {
  const own = new Set(origins.map(toServer))
  return [...others]
    .filter(([, services]) =>
      services.some((service) => service.origins.some((origin) => own.has(toServer(origin)))),
    )
    .map(([version]) => version)
}

/** The server behind an origin: paths below it are the same server. */
function toServer(origin: string): string {
  return URL.canParse(origin) && /^https?:/i.test(origin)
    ? new URL(origin).origin
    : (origin.split('/')[0] ?? origin)
}
