// `holo freeze` and `holo unfreeze`: whether releases may go forward. docs/safety.md says what that means.

import { InvalidArgumentError } from 'commander'
import { type Freeze, freezeAsRead, freezeOutput } from '../../wire/freeze.ts'
import { confirm } from '../change.ts'
import { type ChangeOptions, type CommandRow, command, type SharedOptions } from '../command.ts'
import { parseReason } from '../options.ts'
import { toTime } from '../words.ts'
import { parseZonedTime } from '../zoned-time.ts'

type FreezeOptions = SharedOptions &
  Pick<ChangeOptions, 'yes'> & { readonly reason: string; readonly until?: number }

const FREEZE = command({
  name: 'freeze',
  about: 'No release goes forward any more, by nobody. Taking one back is always allowed.',
  scope: 'shift',
  options: [
    {
      flags: '--reason <text>',
      about: 'the reason, which everybody reads whose release is refused',
      parse: parseReason,
      required: true,
    },
    {
      flags: '--until <time>',
      about:
        'when it ends by itself: 2026-12-24T18:00+01:00, or 30m, 8h, 3d from now; if left out, "holo unfreeze" ends it',
      parse: parseUntil,
    },
    { flags: '-y, --yes', about: 'do not ask' },
  ],
  examples: [
    {
      command: 'holo freeze --until 8h --reason "incident 42: the payment provider is down"',
      about: 'for eight hours',
    },
  ],
  shape: freezeOutput,
  run: async (context, _: [], options: FreezeOptions) => {
    const { reason, until } = options
    const api = await context.api()
    const before = await api.ask(freezeAsRead, 'GET', '/freeze')
    const { name } = await context.target()
    const end = until === undefined ? 'until "holo unfreeze"' : `until ${toTime(until)}`
    const plan = [...toFreezeLines(before.freeze), `Freeze releases at ${name}, ${end}`]
    if (!options.json) for (const line of plan) context.say(line)
    await confirm(context, options, plan)
    const json = await api.ask(freezeAsRead, 'PUT', '/freeze', {
      json: { reason, ...(until === undefined ? {} : { until }) },
    })
    return { json, lines: toFreezeLines(json.freeze) }
  },
})

type UnfreezeOptions = SharedOptions & Pick<ChangeOptions, 'yes' | 'reason'>

const UNFREEZE = command({
  name: 'unfreeze',
  about: 'Ends a freeze: releases may go forward again, and rollouts that waited go on.',
  scope: 'shift',
  options: [
    { flags: '--reason <text>', about: 'the reason, for the audit log', parse: parseReason },
    { flags: '-y, --yes', about: 'do not ask' },
  ],
  examples: [{ command: 'holo unfreeze', about: 'rollouts go on within a minute' }],
  shape: freezeOutput,
  run: async (context, _: [], options: UnfreezeOptions) => {
    const api = await context.api()
    const { freeze } = await api.ask(freezeAsRead, 'GET', '/freeze')
    if (freeze) {
      const { name } = await context.target()
      const plan = [...toFreezeLines(freeze), `End this freeze at ${name}`]
      if (!options.json) for (const line of plan) context.say(line)
      await confirm(context, options, plan)
    }
    const json = await api.ask(freezeAsRead, 'DELETE', '/freeze', {
      query: { reason: options.reason },
    })
    const lines = freeze
      ? 'Releases may go forward again'
      : 'Nothing to do: releases are not frozen'
    return { json, lines: [lines] }
  },
})

export const FREEZE_COMMANDS: readonly CommandRow[] = [FREEZE, UNFREEZE]

/** The freeze in force, for people; nothing without one. */
export function toFreezeLines(freeze: Freeze | undefined): string[] {
  if (!freeze) return []
  const { by, since, until, reason } = freeze
  const end = until === undefined ? 'until somebody ends it' : `until ${toTime(until)}`
  return [`releases are frozen by ${by} since ${toTime(since)}, ${end}: ${reason}`]
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time with its zone, or a length of time from now. */
function parseUntil(text: string): number {
  const [, count, unit = ''] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? []
  if (count !== undefined) return Date.now() + Number(count) * (UNIT_MS[unit] ?? 0)
  const at = parseZonedTime(text)
  if (at === undefined) {
    throw new InvalidArgumentError('a time with its zone as in 2026-12-24T18:00Z, or 30m, 8h, 3d')
  }
  if (at > Date.now()) return at
  throw new InvalidArgumentError('this time is over')
}
