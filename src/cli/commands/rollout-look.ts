// Commands that look at rollouts: how those that run stand (`status`), what they have done and why (`history`,
// `explain`), and whether the same comes out again (`replay`).

import type { z } from 'zod'
import { Replay, type ReplayResult } from '../../core/rollout/replay.ts'
import { rolloutEventsReply } from '../../wire/rollout-events.ts'
import {
  explanationAsRead,
  rolloutExplainOutput,
  rolloutHistoryOutput,
  rolloutReplayOutput,
  rolloutStatusOutput,
} from '../../wire/rollout-output.ts'
import type { Api } from '../api.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { CliFailure, EXIT } from '../failure.ts'
import { parseWhole } from '../options.ts'
import {
  askOf,
  findLatest,
  isRunning,
  listRollouts,
  loadRollout,
  toRolloutId,
} from '../rollout/find.ts'
import { paintPhase, toStatusLines, toTransitionLines } from '../rollout/lines.ts'
import { toTable } from '../table.ts'
import { wrap } from '../terminal.ts'
import { WATCH_OPTIONS, type WatchOptions, watchOutcome } from '../watch.ts'
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
  shape: rolloutExplainOutput,
  run: async (context, [named]: [string | undefined], _: SharedOptions) => {
    if (named !== undefined) toRolloutId(named)
    const api = await context.api()
    const id = await findLatest(api, named)
    const json = await askOf(api, id, explanationAsRead, 'GET', '/explain')
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
  about:
    'Reads all events of a rollout and works it out again: exit code 1 if anything else comes out.',
  scope: 'read',
  arguments: [ID],
  examples: [{ command: 'holo rollout replay 7', about: 'whether the same comes out' }],
  shape: rolloutReplayOutput,
  run: async (context, [named]: [string | undefined], _: SharedOptions) => {
    if (named !== undefined) toRolloutId(named)
    const api = await context.api()
    const id = await findLatest(api, named)
    const result = await replayAll(context, api, id)
    const { same, events, windows, transitions } = result
    const differences = [...result.differences]
    const given = `${toCount(events, 'event')}, ${toCount(windows, 'window')} of counts, ${toCount(transitions, 'transition')}`
    const lines = same
      ? [`rollout ${id}: the same once more (${given})`]
      : [
          `rollout ${id}: not the same (${given})`,
          ...differences.map((line) => `  ${line}`),
          'The machine is that of this command: one of another version than Holo may differ in words or numbers',
        ]
    const json = { id, same, events, windows, transitions, differences }
    return { json, lines, exitCode: same ? 0 : 1 }
  },
})

/** Reads page after page. What comes to the rollout meanwhile is left out. */
async function replayAll({ progress }: Context, api: Api, id: number): Promise<ReplayResult> {
  let replay: Replay | undefined
  let total = 0
  let cursor: string | undefined
  try {
    do {
      const page = await askOf(api, id, rolloutEventsReply, 'GET', '/events', { query: { cursor } })
      if (page.recorded) {
        replay = new Replay(page.recorded)
        total = page.recorded.events
      }
      replay?.add(page.events, page.transitions)
      if (progress?.isTTY) progress.write(`\r${replay?.events ?? 0} of ${total} events `)
      cursor = page.next
    } while (cursor !== undefined && replay?.isOver === false)
  } finally {
    if (progress?.isTTY) progress.write('\r\u001b[K')
  }
  if (replay) return replay.result()
  throw new CliFailure(
    'unexpected_reply',
    EXIT.unreachable,
    `Holo does not say how rollout ${id} stood before its events`,
    { hint: 'check that Holo and this command are of the same version' },
  )
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
  shape: rolloutHistoryOutput,
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

type Status = z.infer<typeof rolloutStatusOutput>

export const ROLLOUT_STATUS = command({
  name: 'rollout status',
  about:
    'Shows how a rollout stands, what it waits for, and the evidence. Watched, it ends with the rollout: exit code 1 when that was taken back.',
  scope: 'read',
  arguments: [{ name: '[id]', about: 'its number; all that run if left out, or the last one' }],
  options: WATCH_OPTIONS,
  examples: [
    { command: 'holo rollout status', about: 'once' },
    { command: 'holo rollout status --watch --json', about: 'in a pipeline, until it is over' },
  ],
  shape: rolloutStatusOutput,
  run: async (context, [named]: [string | undefined], options: SharedOptions & WatchOptions) => {
    const id = named === undefined ? undefined : toRolloutId(named)
    const api = await context.api()
    const { name: target } = await context.target()
    let watched: readonly number[] | undefined = id === undefined ? undefined : [id]
    const outcome = await watchOutcome(context, options, {
      load: async (): Promise<Status> => {
        if (watched === undefined) {
          const running = (await listRollouts(api)).filter(isRunning).map((one) => one.id)
          watched = running.length > 0 ? running : [await findLatest(api, undefined)]
        }
        return { target, rollouts: await Promise.all(watched.map((one) => loadRollout(api, one))) }
      },
      toLines: ({ rollouts }) =>
        rollouts.flatMap((one, i) => [
          ...(i > 0 ? [''] : []),
          ...toStatusLines(one, context.style, context.columns),
        ]),
      isOver: ({ rollouts }) => !rollouts.some(isRunning),
    })
    const isTakenBack = outcome.json.rollouts.some(({ phase }) => phase === 'rolledBack')
    return { ...outcome, exitCode: options.watch && isTakenBack ? 1 : 0 }
  },
})
