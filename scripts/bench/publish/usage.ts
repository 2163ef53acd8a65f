// What a process of the bench has used: it says so itself, in the last line of stderr.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export type Used = {
  readonly seconds: number
  /** CPU time in the program and in the system together. */
  readonly cpuSeconds: number
  /** The most memory at one time, in units of 10^6 bytes. */
  readonly maxMB: number
  readonly stdout: string
}

const MARK = 'used '
/** 20,000 files on a busy machine take some minutes. */
const TIMEOUT_MS = 1_800_000

export function reportUsage(): void {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6
    const maxMB = (maxRSS * 1024) / 1e6
    process.stderr.write(`${MARK}${JSON.stringify({ cpuSeconds, maxMB })}\n`)
  })
}

/** @throws Error with what the process said, when it fails or takes too long. */
export async function runMeasured(
  script: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Used> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [new URL(script, import.meta.url).pathname, ...args], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
  })
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ])
  const seconds = (performance.now() - startedAt) / 1000
  const said = stderr.split('\n').findLast((line) => line.startsWith(MARK))
  if (code !== 0 || said === undefined) throw new Error(`${script} ended with ${code}: ${stderr}`)
  return { seconds, ...JSON.parse(said.slice(MARK.length)), stdout }
}
