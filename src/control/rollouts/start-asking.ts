// What a start has to do with webhooks: whether those that its plan names exist, and the one that is asked before it.

import { findConfirmation } from '../../core/rollout/confirm.ts'
import { parsePlan } from '../../document/parse-plan.ts'
import type { Author } from '../document/change.ts'
import type { DraftProblem } from '../document/draft.ts'
import type { Gates } from './confirming.ts'
import type { FlagStart, Start } from './contract.ts'
import { toFlagPair } from './seen-flag.ts'

/** Asks the webhook that the plan wants to be asked before the start. Says why it may not start. */
export async function askStart(
  { ask }: Gates,
  { requestId }: Author,
  start: Start | FlagStart,
): Promise<DraftProblem | undefined> {
  const { plan, reason } = start
  const parsed = parsePlan(plan)
  const confirmation = parsed.ok ? findConfirmation(parsed.value, 'start') : undefined
  if (!confirmation) return undefined
  const { webhook, waitMs, silence } = confirmation
  const question = { id: `confirm_start_${requestId}`, before: 'start' as const }
  const about = { ...toAsked(start), ...(reason === undefined ? {} : { reason }) }
  const isConfirmed = await ask(webhook, { ...question, ...about }, waitMs)
  if (isConfirmed || silence === 'goOn') return undefined
  const message = `the webhook "${webhook}" has not confirmed the start: see "holo webhooks deliveries ${webhook}"`
  return { path: 'plan.confirm', message }
}

/** What is started, as a webhook is asked about it. */
function toAsked(start: Start | FlagStart) {
  if (!('flag' in start)) {
    const { environment, base, version } = start
    return { environment, base, version }
  }
  const { flag: key, variant, base } = start
  return {
    environment: toFlagPair({ key, variant, base: '', before: null }).environment,
    base,
    version: variant,
  }
}

/** Webhooks that the plan asks and that there are not. */
export function findUnusableWebhooks(
  { findProblem }: Gates,
  plan: Start['plan'],
): readonly DraftProblem[] {
  const parsed = parsePlan(plan)
  if (!parsed.ok) return []
  const { confirm = [], checks = [] } = parsed.value
  const asked = [
    ...confirm.map(({ webhook }, i) => ({
      webhook,
      form: 'standard' as const,
      at: `confirm[${i}]`,
    })),
    ...checks.flatMap(({ webhook }, i) =>
      webhook === undefined ? [] : [{ webhook, form: 'pull' as const, at: `checks[${i}]` }],
    ),
  ]
  return asked.flatMap(({ webhook, form, at }) => {
    const message = findProblem(webhook, form)
    return message === undefined ? [] : [{ path: `plan.${at}.webhook`, message }]
  })
}
