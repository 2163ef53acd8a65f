// `holo rollout explain`, `replay` and `history`: what rollouts have done, and why.

import * as z from 'zod'
import type { Api } from '../api.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { parseWhole } from '../options.ts'
import { askOf, findLatest, listRollouts, toRolloutId } from '../rollout/find.ts'
import { paintPhase, toTransitionLines } from '../rollout/lines.ts'
import { explanationReply, replayed, replayReply, rolloutSummary } from '../rollout/replies.ts'
import { toTable } from '../table.ts'
import { wrap } from '../terminal.ts'
import { toCount, toTime } from '../words.ts'

const DEFAULT_ROWS = 20
const MOST_ROWS = 100
const ID = { name: '[id]', about: 'its number; the one that runs, or the last, if left out' }

export const ROLLOUT_EXPLAIN = command({
  name: 'rollout explain',
  about: 'Says why a rollout did what it did: every transition with its reason and its evidence.',
  scope: 'read',
  arguments: [ID],
  examples: [{ command: 'holo rollout explain', about: 'why it is where it is' }],
  shape: z.strictObject(explanationReply.shape),
  run: async (context, [named]: [string | undefined], _: SharedOptions) => {
    if (named !== undefined) toRolloutId(named)
    const api = await context.api()
    const id = await findLatest(api, named)
    const json = await askOf(api, id, explanationReply, 'GET', '/explain')
    const { columns = 100, style } = context
    const lines = [
      ...json.lines.flatMap((line) => wrap(line, columns)),
      '',
      ...json.transitions.flatMap((one) => toTransitionLines(one, style, columns)),
    ]
    return { json, lines }
  },
})

export const ROLLOUT_REPLAY = command({
  name: 'rollout replay',
  about: 'Gives the machine all events of a rollout again: exit code 1 if anything else comes out.',
  scope: 'read',
  arguments: [ID],
  examples: [{ command: 'holo rollout replay 7', about: 'bit for bit' }],
  shape: z.strictObject({ id: z.int(), ...replayed.shape }),
  run: async (context, [named]: [string | undefined], _: SharedOptions) => {
    if (named !== undefined) toRolloutId(named)
    const api = await context.api()
    const id = await findLatest(api, named)
    const { same, events, windows, transitions, differences } = await replayAll(context, api, id)
    const given = `${toCount(events, 'event')}, ${toCount(windows, 'window')} of counts, ${toCount(transitions, 'transition')}`
    const lines = same
      ? [`rollout ${id}: the same once more, bit for bit (${given})`]
      : [`rollout ${id}: not the same (${given})`, ...differences.map((line) => `  ${line}`)]
    const json = { id, same, events, windows, transitions, differences }
    return { json, lines, exitCode: same ? 0 : 1 }
  },
})

/** All steps of one replay. */
async function replayAll({ progress }: Context, api: Api, id: number) {
  for (;;) {
    const step = await askOf(api, id, replayReply, 'GET', '/replay')
    if (progress?.isTTY) progress.write('\r\u001b[K')
    if (step.done) return step
    if (progress?.isTTY) progress.write(`${step.events} of ${step.of} events `)
  }
}

export const ROLLOUT_HISTORY = command({
  name: 'rollout history',
  about: 'Lists rollouts, running and past, the newest first.',
  scope: 'read',
  options: [
    {
      flags: '--limit <n>',
      about: `how many: 1 to ${MOST_ROWS} (${DEFAULT_ROWS})`,
      parse: parseLimit,
    },
  ],
  examples: [{ command: 'holo rollout history --limit 5', about: 'the last five' }],
  shape: z.strictObject({ rollouts: z.array(rolloutSummary) }),
  run: async (context, _: [], { limit = DEFAULT_ROWS }: SharedOptions & { limit?: number }) => {
    const rollouts = await listRollouts(await context.api(), String(limit))
    const rows = rollouts.map((one) => [
      String(one.id),
      toTime(one.startedAt),
      one.environment,
      `${one.baseVersion} → ${one.version}`,
      paintPhase(one, context.style),
      one.startedBy,
    ])
    const head = ['id', 'started', 'environment', 'version', 'how it stands', 'by']
    const lines =
      rows.length === 0 ? ['There was no rollout yet'] : toTable(head, rows, context.columns)
    return { json: { rollouts }, lines }
  },
})

function parseLimit(text: string): number {
  const limit = parseWhole('a number from 1')(text)
  return Math.min(limit, MOST_ROWS)
}
