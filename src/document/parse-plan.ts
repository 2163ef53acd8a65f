// A plan out of what somebody wrote: a preset's name, or a document that changes one. The answer is
// complete, in milliseconds, without optional fields.

import { LATENCY_EDGES_MS, type Metric } from '../core/judge/metric.ts'
import { err, ok, type Result } from '../core/result.ts'
import { ERRORS, LATENCY, type Plan, PRESETS, type Step } from '../core/rollout/plan.ts'
import { type Problem, toProblems } from './parse.ts'
import {
  type MetricDocument,
  type PlanDocument,
  planSchema,
  type StepDocument,
} from './plan-schema.ts'
import { findContradictions } from './validate-plan.ts'

const MINUTE_MS = 60_000
const DEFAULT_PRESET = 'standard'

/** Reads `"careful"` or a document, or lists all its problems. Never throws, whatever `raw` is. */
export function parsePlan(raw: unknown): Result<Plan, readonly Problem[]> {
  const document = typeof raw === 'string' ? { preset: raw } : raw
  const shape = planSchema.safeParse(document, { jitless: true })
  const plan = complete(shape.success ? shape.data : toParts(document))
  const issues = [
    ...(shape.success ? [] : shape.error.issues),
    ...findContradictions(plan).map(({ path, message }) => ({
      code: 'custom' as const,
      path: [...path],
      message,
    })),
  ]
  return issues.length === 0 ? ok(plan) : err(toProblems(document, issues))
}

/** Each part that can be read by itself, so that all problems are told at once. */
function toParts(document: unknown): PlanDocument {
  if (typeof document !== 'object' || document === null) return {}
  const parts: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(planSchema.shape)) {
    if (!Object.hasOwn(document, name)) continue
    const part = schema.safeParse((document as Record<string, unknown>)[name], { jitless: true })
    if (part.success) parts[name] = part.data
  }
  return parts as PlanDocument
}

/** The preset with what the document says put over it. */
function complete(document: PlanDocument): Plan {
  const preset: Plan = PRESETS[document.preset ?? DEFAULT_PRESET]
  const { bake } = document
  return {
    steps: document.steps?.map(toStep) ?? preset.steps,
    bake: bake
      ? { minMs: bake.minutes * MINUTE_MS, heldBack: bake.heldBack ?? preset.bake.heldBack }
      : preset.bake,
    metrics: document.metrics?.map(toMetric) ?? preset.metrics,
    alpha: document.alpha ?? preset.alpha,
    combine: document.combine ?? preset.combine,
    sampleRatioAlpha: document.sampleRatioAlpha ?? preset.sampleRatioAlpha,
    minVisitors: document.minVisitors ?? preset.minVisitors,
    withoutData: document.withoutData ?? preset.withoutData,
    withdraws: document.withdraw ?? preset.withdraws,
  }
}

function toStep({ weight, gate, minMinutes, maxMinutes, atMax }: StepDocument): Step {
  return {
    weight,
    gate,
    minMs: (minMinutes ?? 0) * MINUTE_MS,
    maxMs: maxMinutes === undefined ? null : maxMinutes * MINUTE_MS,
    atMax: atMax ?? 'hold',
  }
}

/** The two metrics that Holo counts itself have edges and needs that go without saying. */
function toMetric({
  name,
  edges,
  weight,
  margin,
  marginEdge,
  floor,
  required,
}: MetricDocument): Metric {
  const own = [ERRORS, LATENCY].find((metric) => metric.name === name)
  const fallback = name === LATENCY.name ? LATENCY_EDGES_MS : null
  return {
    name,
    edges: edges ?? fallback,
    weight: weight ?? 1,
    margin:
      margin === undefined
        ? null
        : {
            ratio: margin,
            edge: marginEdge ?? null,
            // 0 is none.
            floor: (floor ?? own?.margin?.floor) || null,
          },
    required: required ?? own?.required ?? true,
  }
}
