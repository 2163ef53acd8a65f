// The command that exchanges the versions of two environments in one revision. Pure; hosts, traffic and
// who is restricted stay with the names.

import { getOwn } from '../../core/own.ts'
import { ok } from '../../core/result.ts'
import type { Command } from '../../wire/commands.ts'
import type { Content } from './content.ts'
import { type Drafted, refuseChange, refuseUnknown, toDraft } from './draft.ts'

export function swap(
  { environments: [one, other] }: Extract<Command, { kind: 'swap' }>,
  current: Content,
): Drafted {
  const { environments, versions } = current
  if (one === other) return refuseChange('environments', `"${one}" cannot be exchanged with itself`)
  const [first, second] = [getOwn(environments, one), getOwn(environments, other)]
  if (!first) return refuseUnknown('environments[0]', 'environment', one, environments)
  if (!second) return refuseUnknown('environments[1]', 'environment', other, environments)
  for (const { version } of [first, second]) {
    if (!getOwn(versions, version)?.withdrawn) continue
    return refuseChange('environments', `version "${version}" is withdrawn: restore it first`)
  }
  const exchanged = {
    ...environments,
    [one]: { ...first, version: second.version },
    [other]: { ...second, version: first.version },
  }
  return ok({ ...toDraft(current), environments: exchanged })
}
