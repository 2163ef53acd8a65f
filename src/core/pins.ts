// Pins: how they are written, and which of them count. Where a request carries one is `http`'s
// affair; whether its place in the order lets it decide is decide.ts'.

import { ENVIRONMENT_NAME, VERSION_ID } from './names.ts'
import { err, ok, type Result } from './result.ts'
import type { Assignments, PinClaim, Version } from './types.ts'

/** The claim in `version@environment` or `version`; `undefined` when it is neither. */
export function parsePin(text: string): PinClaim | undefined {
  const at = text.indexOf('@')
  const version = at < 0 ? text : text.slice(0, at)
  const environment = at < 0 ? undefined : text.slice(at + 1)
  if (!VERSION_ID.test(version)) return undefined
  if (environment !== undefined && !ENVIRONMENT_NAME.test(environment)) return undefined
  return { version, environment }
}

export function toPin(version: string, environment: string): string {
  return `${version}@${environment}`
}

/**
 * The version a claim binds to, or why it binds to nothing: a pin counts only if its version is in
 * the document, not withdrawn, and open, or chosen by a restricted environment that `grants` names.
 *
 * The environment of a claim is kept if it is public or granted. One that is gone, or that the
 * request may not know of, is left out: the tab keeps its version all the same.
 */
export function permitPin(
  claim: PinClaim,
  assignments: Pick<Assignments, 'versions' | 'environments'>,
  grants: ReadonlySet<string>,
): Result<{ version: Version; environment: string | undefined }, string> {
  const version = assignments.versions.get(claim.version)
  if (!version) return err('no such version')
  if (version.withdrawn) return err('the version is withdrawn')
  if (!version.open && !isGranted(version, assignments, grants)) {
    return err('no public environment ever pointed at the version, and there is no grant')
  }
  const named = claim.environment && assignments.environments.get(claim.environment)
  const known = named && (!named.restricted || grants.has(named.name))
  return ok({ version, environment: known ? named.name : undefined })
}

function isGranted(
  version: Version,
  { environments }: Pick<Assignments, 'environments'>,
  grants: ReadonlySet<string>,
): boolean {
  for (const name of grants) if (environments.get(name)?.version === version) return true
  return false
}
