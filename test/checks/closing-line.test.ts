// A test run ends with one line that can be trusted: each way a run can go is gone through with
// real runs of Vitest in a folder of their own, and the line must be the last and must be right.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'

const VITEST = resolve('node_modules/vitest/vitest.mjs')
const REPORTER = resolve('test/support/closing-line.ts')
const IMPORTS = "import { afterAll, beforeAll, describe, it } from 'vitest'\n"
const GOOD = "it('holds', () => {})\n"
const BAD = "it('breaks', () => { throw new Error('broken') })\n"

/** Runs Vitest over one sound file and this one; `setup` is the body of a global set-up. */
function runTests(second: string, setup = '') {
  const directory = mkdtempSync(join(tmpdir(), 'holo-closing-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text)
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
  const options = { reporters: ['default', REPORTER], globalSetup: './setup.ts' }
  write('package.json', '{ "type": "module" }')
  write('vitest.config.ts', `export default { test: ${JSON.stringify(options)} }\n`)
  write('setup.ts', `export default () => { ${setup} }\n`)
  write('first.test.ts', IMPORTS + GOOD)
  write('second.test.ts', IMPORTS + second)
  const { status, stdout } = spawnSync(process.execPath, [VITEST, 'run'], {
    cwd: directory,
    encoding: 'utf8',
  })
  return { status, last: stdout.trimEnd().split('\n').at(-1) }
}

it('counts what passed', () => {
  expect(runTests(GOOD)).toEqual({ status: 0, last: '2 passed, 0 failed' })
})

it('counts a test that failed', () => {
  expect(runTests(GOOD + BAD)).toEqual({ status: 1, last: '2 passed, 1 failed' })
})

it('counts a file that cannot be loaded as one failure', () => {
  const run = runTests("import './gone.ts'\n")
  expect(run).toEqual({ status: 1, last: '1 passed, 1 failed' })
})

it.each(['beforeAll', 'afterAll'])('counts a group whose %s threw as a failure', (hook) => {
  const group = `describe('group', () => { ${hook}(() => { throw new Error('broken') }); ${GOOD} })\n`
  const passed = hook === 'beforeAll' ? 1 : 2
  expect(runTests(group)).toEqual({ status: 1, last: `${passed} passed, 1 failed` })
})

it('counts an error that belongs to no test', () => {
  const late = `Promise.reject(new Error('nobody waits for this'))\n${GOOD}`
  expect(runTests(late)).toEqual({ status: 1, last: '2 passed, 1 failed' })
})

it('reports a failure when the run ends before any test', () => {
  const run = runTests(GOOD, "throw new Error('cannot be set up')")
  expect(run).toEqual({ status: 1, last: '0 passed, 1 failed' })
})
