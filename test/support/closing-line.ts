// The last line of a test run: how many tests ran, alone on a line, for people and for CI. A run
// that failed never says "0 failed", whatever it was that went wrong.

import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node'

/** A file or a group that failed outside its tests: it did not load, or a hook of it threw. */
function countBroken(modules: readonly TestModule[]): number {
  const groups = modules.flatMap((module) => [module, ...module.children.allSuites()])
  return groups.filter((group) => group.errors().length > 0).length
}

export default class ClosingLine implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly unknown[],
    reason: TestRunEndReason,
  ): void {
    const states = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => test.result().state),
    )
    const passed = states.filter((state) => state === 'passed').length
    const counted =
      states.filter((state) => state === 'failed').length + countBroken(modules) + errors.length
    // A run that ended before any test leaves nothing to count.
    const failed = reason === 'failed' ? Math.max(counted, 1) : counted
    process.once('exit', () => process.stdout.write(`\n${passed} passed, ${failed} failed\n`))
  }
}
