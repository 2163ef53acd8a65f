// What one row of the judge's simulation promises and finds.

import type { RolloutState } from '../../src/core/rollout/state.ts'
import { ALPHA } from './plans.ts'

/** Few runs for the test suite, many for the figures of docs/judging.md. */
export type Effort = {
  readonly seed: number
  /** The share of a row's full number of runs. */
  readonly share: number
}

export type Finding = {
  readonly runs: number
  /** What the judge did, in words and figures. */
  readonly judge: string
  /** What a z-test at every look and a fixed threshold did with the same visitors. */
  readonly zTest?: string
  readonly threshold?: string
  readonly holds: boolean
}

export type Row = {
  readonly property: string
  readonly bound: string
  readonly run: (effort: Effort) => Finding
}

/** The number of runs of a row, at least 20. */
export function toRuns({ share }: Effort, full: number): number {
  return Math.max(20, Math.round(full * share))
}

/** Whether so many false decisions keep the bound of 1 %; a single one always does. */
export function isWithin(wrong: number, runs: number): boolean {
  return wrong <= Math.max(1, ALPHA * runs)
}

/** `0.45 %`. */
export function toPercent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`
}

/** `0.45 % (0.31 to 0.63)`: a share with Wilson's interval, 95 %. */
export function toShare(hits: number, runs: number): string {
  const z = 1.96
  const middle = (hits + (z * z) / 2) / (runs + z * z)
  const half = (z / (runs + z * z)) * Math.sqrt((hits * (runs - hits)) / runs + (z * z) / 4)
  const [low, high] = [middle - half, middle + half].map((end) => toPercent(Math.max(0, end)))
  return `${toPercent(hits / runs)} (${low} to ${high})`
}

/** `7,020`. */
export function toCount(number: number): string {
  return (number >= 100 ? Number(number.toPrecision(3)) : Math.round(number)).toLocaleString('en')
}

/** A ramp that stays in an early step would prove nothing. @throws Error when it does. */
export function requireLastStep({ plan, phase }: RolloutState): void {
  const isLast = phase.name === 'step' && phase.index === plan.steps.length - 1
  if (!isLast) throw new Error(`the simulated ramp ended in ${JSON.stringify(phase)}`)
}
