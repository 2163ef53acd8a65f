// The calls that read what was counted: metrics, experiments, flags, errors of browsers, and what
// shadows differ in.

import { ok } from '../../core/result.ts'
import type { CountCalls, CountedNow } from '../contract.ts'
import type { ErrorCalls } from '../errors/contract.ts'
import type { ControlParts } from '../parts.ts'
import type { ShadowCalls } from '../shadow/contract.ts'

export function createCountCalls(parts: ControlParts): CountCalls & ErrorCalls & ShadowCalls {
  const { rights, counting, experiments, flagCounts, errors, shadows, soaks } = parts
  const { rolloutReader } = parts

  function countedNow(): CountedNow {
    const differences = shadows.differences()
    return {
      losses: counting.losses,
      visitors: counting.visitorsNow(),
      compared: rolloutReader.segments(),
      ...(differences.length > 0 && { shadowDifferences: differences }),
    }
  }

  return {
    metrics: (caller, range) =>
      rights.answer(caller, 'read', () => {
        const points = counting.metrics(range)
        return { points, ...countedNow() }
      }),

    metricsSince: (caller) =>
      rights.answer(caller, 'read', () => {
        const series = counting.since()
        const flags = flagCounts.page().counts
        return { series, flags, ...countedNow() }
      }),

    experiments: (caller) => rights.answer(caller, 'read', () => experiments.report()),

    flagCounts: (caller) => rights.answer(caller, 'read', () => flagCounts.page()),

    errors: (caller, query) =>
      rights.answerWithin(caller, (mayRead) => errors.page(query, mayRead)),

    error: (caller, id) => rights.answerWithin(caller, (mayRead) => errors.detail(id, mayRead)),

    /** A limited token reads only what is between its environments. */
    shadows: (caller, query) =>
      rights.answerWithin(caller, (mayRead) => shadows.list(query, mayRead)),

    soaks: (caller) => rights.answerWithin(caller, (mayRead) => soaks.list(mayRead)),

    keepSoak: (caller, soak) => rights.actUnlimited(caller, 'admin', () => ok(soaks.keep(soak))),
  }
}
