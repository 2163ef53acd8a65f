// Plans in words, and as the text that people write.

import { getOwn } from '../../core/own.ts'
import type { Plan } from '../../core/rollout/plan.ts'
import { toPercentLabel, toSpanLabel } from './format.ts'

/** What the page needs of a plan: the same fields as in `core/rollout/plan.ts`. */
export type ShownPlan = {
  readonly steps: readonly {
    readonly weight: number
    readonly gate: string
    readonly minMs: number
    readonly maxMs: number | null
  }[]
  readonly bake: { readonly minMs: number; readonly heldBack: number }
}

/** One place of the track. */
export type TrackStop = {
  readonly weight: number
  readonly label: string
  readonly minMs: number
  readonly about: string
}

const GATES: Readonly<Record<string, string>> = {
  evidence: 'until it is shown to be no worse',
  better: 'until it is shown to be better',
  time: 'if nothing speaks against it',
  manual: 'until somebody lets it go on',
}

/** The steps, the bake if there is one, and everybody. */
export function listTrackStops({ steps, bake }: ShownPlan): readonly TrackStop[] {
  const stops = steps.map(({ weight, gate, minMs }) => ({
    weight,
    label: toPercentLabel(weight),
    minMs,
    about: [minMs > 0 ? `at least ${toSpanLabel(minMs)}` : '', getOwn(GATES, gate) ?? gate]
      .filter((part) => part !== '')
      .join(', '),
  }))
  const baked =
    bake.minMs > 0
      ? [
          {
            weight: 100 - bake.heldBack,
            label: toPercentLabel(100 - bake.heldBack),
            minMs: bake.minMs,
            about: `watched for ${toSpanLabel(bake.minMs)}, ${toPercentLabel(bake.heldBack)} held back`,
          },
        ]
      : []
  return [
    ...stops,
    ...baked,
    { weight: 100, label: toPercentLabel(100), minMs: 0, about: 'everybody' },
  ]
}

/** Which stop a rollout is at, from 0. */
export function toTrackPlace(
  plan: ShownPlan,
  phase: string,
  step: { readonly number: number } | undefined,
): number | undefined {
  if (phase === 'promoted') return plan.steps.length + (plan.bake.minMs > 0 ? 1 : 0)
  if (phase === 'bake') return plan.steps.length
  return step ? step.number - 1 : undefined
}

export const PRESET_WORDS: Readonly<Record<string, string>> = {
  standard: 'Three small steps and half an hour of watching. For most releases.',
  careful: 'Longer steps, more visitors in each, and half a day of watching.',
  'blue-green': 'Nobody by bucket until you say so, then everybody but a few.',
  instant: 'Everybody at once. Nothing is judged.',
}

const MINUTE_MS = 60_000

/** A plan as people write it, to begin a plan of one's own with. It is read as the same plan: docs/rollouts.md. */
export function toPlanText({
  steps,
  bake,
  metrics,
  minVisitors,
  alpha,
  warmUpMs,
  withoutData,
  withdraws,
}: Plan): string {
  const document = {
    steps: steps.map(({ weight, gate, minMs, maxMs, atMax }) => ({
      weight,
      gate,
      minMinutes: minMs / MINUTE_MS,
      ...(maxMs === null ? {} : { maxMinutes: maxMs / MINUTE_MS, atMax }),
    })),
    bake: { minutes: bake.minMs / MINUTE_MS, heldBack: bake.heldBack },
    metrics: metrics.map(({ name, weight, tolerance, margin }) => ({
      name,
      weight,
      tolerance,
      ...(margin === null
        ? {}
        : {
            margin: margin.ratio,
            ...(margin.edge === null ? {} : { marginEdge: margin.edge }),
            floor: margin.floor ?? 0,
          }),
    })),
    minVisitors,
    alpha,
    warmUpMinutes: warmUpMs / MINUTE_MS,
    withoutData,
    withdraw: withdraws,
  }
  return toShortLines(document)
}

/** JSON with one step or metric a line, so that it can be read at a glance. */
function toShortLines(document: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(document).map(([name, value]) => {
    const text = Array.isArray(value)
      ? value.length === 0
        ? '[]'
        : `[\n${value.map((one) => `    ${toLine(one)}`).join(',\n')}\n  ]`
      : toLine(value)
    return `  ${JSON.stringify(name)}: ${text}`
  })
  return `{\n${fields.join(',\n')}\n}`
}

function toLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(([name, one]) => `"${name}": ${JSON.stringify(one)}`)
  return `{ ${fields.join(', ')} }`
}
