// A plan of one's own, as the text that holo.json may hold. The API reads it by trying the start without effect, so
// that it is checked together with the version and the environments that it is for.

import { signal } from '@preact/signals'
import type { Plan } from '../../core/rollout/plan.ts'
import { type BodyOf, call, type ReplyOf } from '../api/client.ts'
import { shownRevision } from '../state/site.ts'
import { type CheckState, JsonField, useJsonCheck } from './json-editor.tsx'

export type PlannedStart = Omit<BodyOf<'POST /rollouts'>, 'plan'>

const text = signal('')
const state = signal<CheckState>({ kind: 'same' })

/** What somebody typed outlives a look at another page. Another plan replaces it only while there is none. */
export function beginOwnPlan(written: string): void {
  if (text.value === '') text.value = written
}

export function forgetOwnPlan(): void {
  text.value = ''
  state.value = { kind: 'same' }
}

export type OwnPlanReading = {
  /** What is sent when it is started. */
  readonly document: BodyOf<'POST /rollouts'>['plan']
  /** Complete. */
  readonly plan: Plan
}

/** `undefined` while it is not valid, and before it was looked at. */
export function readOwnPlan(): OwnPlanReading | undefined {
  if (state.value.kind !== 'good') return undefined
  const { value, reply } = state.value
  const plan = (reply as ReplyOf<'POST /rollouts'> | undefined)?.plan
  return plan && { document: value as OwnPlanReading['document'], plan: plan as Plan }
}

export function isReadingOwnPlan(): boolean {
  return state.value.kind === 'checking'
}

export function OwnPlanField({ start }: { start: PlannedStart }) {
  const revision = shownRevision.value
  useJsonCheck(
    { text, state },
    {
      beside: JSON.stringify([start, revision]),
      findFormFault: (plan) =>
        typeof plan === 'object' && plan !== null && !Array.isArray(plan)
          ? undefined
          : 'It has to be an object: { … }.',
      check: (plan, signal) =>
        call('POST /rollouts', {
          body: { ...start, plan: plan as OwnPlanReading['document'] },
          query: { dryRun: 'true' },
          ...(revision === undefined ? {} : { revision }),
          signal,
        }),
    },
  )
  return <JsonField label="The plan, as it may stand in holo.json" text={text} state={state} />
}
