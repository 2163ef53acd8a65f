// The last line of a test run: how many tests ran, alone on a line, for people and for CI.

import type { Reporter, TestModule } from 'vitest/node'

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const passed = tests.filter((test) => test.result().state === 'passed').length
    const failed = tests.filter((test) => test.result().state === 'failed').length
    // A file that could not be loaded and an error outside any test have no test to count.
    const broken = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0)
    const failures = failed + broken.length + errors.length
    process.once('exit', () => process.stdout.write(`\n${passed} passed, ${failures} failed\n`))
  }
}
