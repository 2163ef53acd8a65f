// Pins: how they are written, and which of them are permitted. http/facts.ts finds the pin of a
// request; decide.ts says when it is used.

import { ENVIRONMENT_NAME, NO_VALUE, VERSION_ID } from './names.ts'
import { err, ok, type Result } from './result.ts'
import type { Assignments, PinClaim, RequestFacts, Version } from './types.ts'

/** The claim in `version@environment` or `version`; `undefined` when it is neither. */
export function parsePin(text: string): PinClaim | undefined {
  const at = text.indexOf('@')
  const version = at < 0 ? text : text.slice(0, at)
  const environment = at < 0 ? undefined : text.slice(at + 1)
  if (!VERSION_ID.test(version) || NO_VALUE.has(version)) return undefined
  if (environment !== undefined && !ENVIRONMENT_NAME.test(environment)) return undefined
  return { version, environment }
}

export function toPin(version: string, environment: string): string {
  return `${version}@${environment}`
}

/**
 * The version that a pin binds to, or why it binds to none: the version has to be in the document,
 * must not be withdrawn, and this request has to be allowed to see it.
 *
 * The environment of the pin is kept if the request may see the version there. Otherwise it is
 * dropped without a word about it, and the tab still keeps its version.
 */
export function permitPin(
  claim: PinClaim,
  assignments: Pick<Assignments, 'versions' | 'environments' | 'hosts'>,
  facts: Pick<RequestFacts, 'host' | 'grants' | 'preview'>,
): Result<{ version: Version; environment: string | undefined }, string> {
  const version = assignments.versions.get(claim.version)
  if (!version) return err('no such version')
  if (version.withdrawn) return err('the version is withdrawn')
  if (!mayFollow(version, assignments, facts)) {
    return err('visitors of this host never had the version, and there is no grant')
  }
  const named = claim.environment && assignments.environments.get(claim.environment)
  const isKept =
    named &&
    (named.restricted
      ? facts.grants.has(named.name)
      : isVisibleIn(named.name, version, assignments, facts))
  return ok({ version, environment: isKept ? named.name : undefined })
}

/**
 * Whether the pin of a cookie names a version that is withdrawn, gone, or not for this request. Nothing
 * tells which: a version that only a grant shows is as one that there is not.
 */
export function isLostPin(
  pin: string | undefined,
  assignments: Pick<Assignments, 'versions' | 'environments' | 'hosts'>,
  facts: Pick<RequestFacts, 'host' | 'grants' | 'preview'>,
): boolean {
  const claim = pin === undefined ? undefined : parsePin(pin)
  return claim !== undefined && !permitPin(claim, assignments, facts).ok
}

/** Whether a request may see a version: as every visitor of its host may, or by a grant. */
export function mayFollow(
  version: Version,
  assignments: Pick<Assignments, 'environments' | 'hosts'>,
  facts: Pick<RequestFacts, 'host' | 'grants' | 'preview'>,
): boolean {
  return maySee(version, assignments, facts) || isGranted(version, assignments, facts)
}

/**
 * Whether a request without grants may see a version. A version that visitors of the site had can
 * be seen from everywhere; a preview only from a host name of the environment that shows it.
 */
export function maySee(
  version: Version,
  { hosts }: Pick<Assignments, 'hosts'>,
  { host }: Pick<RequestFacts, 'host'>,
): boolean {
  const hosted = hosts.get(host)
  return version.open || (hosted !== undefined && version.openIn.has(hosted.name))
}

function isVisibleIn(
  name: string,
  version: Version,
  { hosts }: Pick<Assignments, 'hosts'>,
  { host }: Pick<RequestFacts, 'host'>,
): boolean {
  const by = version.openIn.get(name)
  return by !== undefined && (by !== 'host' || hosts.get(host)?.name === name)
}

function isGranted(
  version: Version,
  { environments }: Pick<Assignments, 'environments'>,
  { grants, preview }: Pick<RequestFacts, 'grants' | 'preview'>,
): boolean {
  if (preview?.versions.has(version.id)) return true
  for (const name of grants) if (environments.get(name)?.version === version) return true
  return false
}
