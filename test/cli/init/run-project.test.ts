// The build of a project that `holo init` runs: it ends when it has to, whatever it does with signals.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Context } from '../../../src/cli/command.ts'
import { runBuild, STOP_TIMEOUT_MS } from '../../../src/cli/init/run-project.ts'
import type { FoundProject } from '../../../src/cli/init/workspace.ts'

afterEach(() => vi.useRealTimers())

/** A build under way, once it has printed the id of a process. */
async function begin(build: string) {
  const folder = mkdtempSync(`${tmpdir()}/holo-build-`)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const interruption = new AbortController()
  const printed = Promise.withResolvers<string>()
  const streams = { stderr: { write: printed.resolve } }
  const context = { env: process.env, streams, signal: interruption.signal } as unknown as Context
  const ended = runBuild(context, { folder } as FoundProject, build).then(
    () => 'built',
    (cause: Error) => cause.name,
  )
  const pid = Number.parseInt(await printed.promise, 10)
  return { interrupt: () => interruption.abort(), ended, pid }
}

/** Nobody may have collected what has ended: it is a zombie then. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}

describe.skipIf(process.platform === 'win32')('a build that is interrupted', () => {
  it('ends with what it has started', async () => {
    const { interrupt, ended, pid } = await begin('sleep 60 & echo $!; wait')
    interrupt()
    expect(await ended).toBe('AbortError')
    await expect.poll(() => isRunning(pid)).toBe(false)
  })

  it.each([
    ['itself', `trap '' TERM; echo $$; while :; do sleep 1; done`],
    ['what it has started', `(trap '' TERM; sleep 60) & sleep 0.2; echo $!; wait`],
  ])('is killed if %s ignores that it is asked to end', async (_, build) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { interrupt, ended, pid } = await begin(build)
    interrupt()
    vi.advanceTimersByTime(STOP_TIMEOUT_MS - 1)
    expect(isRunning(pid)).toBe(true)
    vi.advanceTimersByTime(1)
    expect(await ended).toBe('AbortError')
    vi.useRealTimers()
    await expect.poll(() => isRunning(pid)).toBe(false)
  })

  it('is waited for no longer if something that has left its group keeps the output', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { interrupt, ended, pid } = await begin('setsid sleep 60 & sleep 0.2; echo $!; wait')
    onTestFinished(() => {
      process.kill(pid, 'SIGKILL')
    })
    interrupt()
    vi.advanceTimersByTime(STOP_TIMEOUT_MS)
    expect(await ended).toBe('AbortError')
  })
})
