// Counts the rules that failed to evaluate, and tells the log: a rule that always fails sends
// nobody anywhere, and nothing else would show it.

import type { Decision } from '../core/types.ts'

export class SkippedRules {
  /** Failures by rule since the isolate began. */
  readonly counts = new Map<string, number>()

  /** Never throws. The first failure of a rule is logged, then the tenth, the hundredth, … */
  record({ skipped, revision }: Pick<Decision, 'skipped' | 'revision'>): void {
    for (const rule of skipped) {
      const count = (this.counts.get(rule) ?? 0) + 1
      this.counts.set(rule, count)
      if (Number.isInteger(Math.log10(count))) {
        console.warn(
          `rule "${rule}" of revision ${revision} failed and was skipped: ${count} times`,
        )
      }
    }
  }
}
