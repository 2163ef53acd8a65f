// `holo rollout status`: how the rollouts that run stand, or the last one.

import type { z } from 'zod'
import { rolloutStatusOutput } from '../../wire/rollout-output.ts'
import { command, type SharedOptions } from '../command.ts'
import { findLatest, isRunning, listRollouts, loadRollout, toRolloutId } from '../rollout/find.ts'
import { toStatusLines } from '../rollout/lines.ts'
import { WATCH_OPTIONS, type WatchOptions, watchOutcome } from '../watch.ts'

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
