// Reads a plan: a preset's name, or a document that changes one. The result is complete, in
// milliseconds, without optional fields. Also checks that the parts of a plan agree with one
// another.

import { FAILURES } from '../core/counting/counted.ts'
import { findMetric } from '../core/counting/metrics.ts'
import type { Metric } from '../core/judge/sets.ts'
import { err, ok, type Result } from '../core/result.ts'
import type { Check } from '../core/rollout/checks.ts'
import { LONGEST_ROLLBACK_WAIT_MS, type PlannedConfirmation } from '../core/rollout/confirm.ts'
import { type Plan, PRESETS, type Step, toDefaultMetric } from '../core/rollout/plan.ts'
import { BASELINE_BELOW_WEIGHT } from '../core/rollout/state.ts'
import { DEFAULT_MIN_COPIES } from '../core/shadow/differences.ts'
import type { Finding } from './finding.ts'
import { type Problem, toProblems } from './parse.ts'
import {
  type CheckDocument,
  type ConfirmationDocument,
  type MetricDocument,
  type PlanDocument,
  planSchema,
  type StepDocument,
} from './plan-schema.ts'
import { findInSmoke, toSmoke } from './plan-smoke.ts'

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

/** The fields that can be read by themselves, so that all problems are reported at once. */
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

/** The preset with the document's fields put over it. */
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
    warmUpMs:
      document.warmUpMinutes === undefined ? preset.warmUpMs : document.warmUpMinutes * MINUTE_MS,
    segments: document.segments ?? preset.segments,
    sampleRatioAlpha: document.sampleRatioAlpha ?? preset.sampleRatioAlpha,
    minVisitors: document.minVisitors ?? preset.minVisitors,
    withoutData: document.withoutData ?? preset.withoutData,
    withdraws: document.withdraw ?? preset.withdraws,
    ...(document.baseline === undefined ? {} : { baseline: document.baseline }),
    ...(document.confirm === undefined ? {} : { confirm: document.confirm.map(toConfirmation) }),
    ...(document.checks === undefined ? {} : { checks: document.checks.map(toCheck) }),
    ...(document.smoke === undefined ? {} : { smoke: document.smoke.map(toSmoke) }),
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

const CHECK_FAILURES = 3

function toCheck({ failures = CHECK_FAILURES, minCopies, ...check }: CheckDocument): Check {
  return {
    ...check,
    ...(check.metric === undefined ? {} : { minCopies: minCopies ?? DEFAULT_MIN_COPIES }),
    failures: failures === 0 ? null : failures,
  }
}

const CONFIRM_MINUTES = 60

/** The start waits as long as whoever starts it waits for a reply. */
export const START_WAIT_MS = 5000

function toConfirmation({
  before,
  webhook,
  minutes,
  silence,
}: ConfirmationDocument): PlannedConfirmation {
  const isRollback = before === 'rollback'
  const usual = isRollback ? LONGEST_ROLLBACK_WAIT_MS : CONFIRM_MINUTES * MINUTE_MS
  const asked = minutes === undefined ? usual : minutes * MINUTE_MS
  return {
    before,
    webhook,
    waitMs: before === 'start' ? START_WAIT_MS : asked,
    silence: silence ?? (isRollback ? 'goOn' : 'hold'),
  }
}

/** What is left out has the metric's own defaults, but for the margin: that is asked for or not. */
function toMetric({ name, weight, tolerance, margin, marginEdge, floor }: MetricDocument): Metric {
  const own = toDefaultMetric({ name })
  return {
    name,
    weight: weight ?? own.weight,
    tolerance: tolerance ?? own.tolerance,
    margin:
      margin === undefined
        ? null
        : {
            ratio: margin,
            edge: marginEdge ?? null,
            // A floor of 0 means none.
            floor: (floor ?? own.margin?.floor) || null,
          },
  }
}

/**
 * All contradictions in a complete plan, with the paths of the document: gates that could never
 * open, and metrics that are asked what they cannot answer.
 */
function findContradictions(plan: Plan): readonly Finding[] {
  return [
    ...findInSteps(plan),
    ...findInMetrics(plan),
    ...findInBaseline(plan),
    ...findInConfirmations(plan),
    ...findInChecks(plan),
    ...findInSmoke(plan.smoke),
  ]
}

function findInChecks({ checks = [] }: Plan): Finding[] {
  return checks.flatMap(({ name }, i) =>
    checks.findIndex((one) => one.name === name) < i
      ? [{ path: ['checks', i, 'name'], message: 'there is another check of this name' }]
      : [],
  )
}

function findInConfirmations({ confirm = [] }: Plan): Finding[] {
  return confirm.flatMap(({ before, waitMs, silence }, i): Finding[] => {
    const say = (field: string, message: string): Finding => ({
      path: ['confirm', i, field],
      message,
    })
    const isTwice = confirm.findIndex((one) => one.before === before) < i
    const isLong = before === 'rollback' && waitMs > LONGEST_ROLLBACK_WAIT_MS
    const isKept = before === 'rollback' && silence !== 'goOn'
    return [
      ...(isTwice ? [say('before', 'another webhook is asked before this already')] : []),
      ...(isLong ? [say('minutes', 'nothing may delay a rollback for more than a minute')] : []),
      ...(isKept ? [say('silence', 'nobody can prevent a rollback: say "goOn"')] : []),
      ...(before === 'start' && silence === 'rollBack'
        ? [say('silence', 'before the start there is nothing to take back: "hold" does not start')]
        : []),
    ]
  })
}

function findInBaseline({ baseline, steps, metrics }: Plan): Finding[] {
  if (baseline === undefined) return []
  const messages: string[] = []
  if (!steps.some(({ weight }) => weight > 0 && weight < BASELINE_BELOW_WEIGHT)) {
    messages.push(
      `no step of this plan has a baseline: those above 0 and below ${BASELINE_BELOW_WEIGHT} % do, because it gets as many visitors as the canary and the base keeps some; add such a step, or leave it out`,
    )
  }
  if (!metrics.some(({ name }) => name === FAILURES)) {
    messages.push(
      `with a baseline the plan has to judge "${FAILURES}", by which a baseline is noticed that fails by itself`,
    )
  }
  return messages.map((message) => ({ path: ['baseline'], message }))
}

function findInSteps({ steps, bake, metrics }: Plan): Finding[] {
  const findings: Finding[] = []
  const last = 100 - bake.heldBack
  for (const [i, { weight, gate, minMs, maxMs }] of steps.entries()) {
    const say = (field: string, message: string) =>
      findings.push({ path: ['steps', i, field], message })
    const before = steps[i - 1]?.weight ?? -1
    if (weight <= before) say('weight', `weights grow: this one is not above ${before}`)
    if (weight > last) {
      say(
        'weight',
        `the bake holds ${bake.heldBack} % back, so that no step has more than ${last} %`,
      )
    }
    if (weight === 0 && gate !== 'manual') {
      say('gate', 'with 0 % there are no data to go by: make it "manual", or the weight larger')
    }
    if (maxMs !== null && maxMs < minMs) say('maxMinutes', 'this is less than minMinutes')
    if (
      (gate === 'evidence' || gate === 'better') &&
      metrics.every(({ margin }) => margin === null)
    ) {
      say('gate', 'evidence of what? Give a metric a "margin", such as 1.5')
    }
  }
  return findings
}

function findInMetrics({ metrics }: Plan): Finding[] {
  const findings: Finding[] = []
  for (const [i, { name, margin }] of metrics.entries()) {
    const say = (field: string, message: string) =>
      findings.push({ path: ['metrics', i, field], message })
    if (metrics.findIndex((metric) => metric.name === name) < i) {
      say('name', 'there is another metric of this name')
    }
    const edges = findMetric(name)?.edges ?? null
    const edge = margin?.edge ?? null
    if (edges && margin && (edge === null || !edges.includes(edge))) {
      say('marginEdge', `say at which edge the margin is asked for: one of ${edges.join(', ')}`)
    }
    if (!edges && edge !== null) say('marginEdge', 'a metric without edges is asked at none')
  }
  return findings
}
