// Rollouts as the command reads them, tolerantly, and as `--json` prints them: the same, so that words of a
// newer Holo stand in it as they are.

import * as z from 'zod'
import { replayResult } from './rollout-events.ts'
import { rolloutExplanation, rolloutStatus, rolloutSummary } from './rollouts.ts'
import { toTolerant } from './tolerant.ts'

const target = z.string().describe('Which Holo, by its name in holo.json or its address')
export const summaryAsRead = toTolerant(rolloutSummary)
export const statusAsRead = toTolerant(rolloutStatus)
export const explanationAsRead = toTolerant(rolloutExplanation)

export const rolloutStatusOutput = z.strictObject({
  target,
  rollouts: z.array(statusAsRead).describe('Those that run, or the last one'),
})

/** Of pause, resume, advance, promote and abort. */
export const rolloutCommandOutput = z.strictObject({
  target,
  dryRun: z.boolean(),
  does: z.string().describe('What it does, or would do, in words'),
  rollout: statusAsRead.describe('As it is afterwards'),
})

export const rolloutExplainOutput = z.strictObject(explanationAsRead.shape)

export const rolloutReplayOutput = z.strictObject({ id: z.int(), ...replayResult.shape })

export const rolloutHistoryOutput = z.strictObject({
  rollouts: z.array(summaryAsRead).describe('Newest first'),
})

export type RolloutSummaryAsRead = z.infer<typeof summaryAsRead>
export type RolloutStatusAsRead = z.infer<typeof statusAsRead>
export type TransitionAsRead = z.infer<typeof explanationAsRead>['transitions'][number]
