// Evaluates what an import made of a flag as the edge does, with flagd's own evaluator, for tests of what
// the import keeps.

import { expect, vi } from 'vitest'
import type { Result } from '../../src/core/result.ts'
import { type CompiledFlags, compileFlags } from '../../src/document/compile-flags.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { evaluateFlag, loadEvaluator } from '../../src/flags/evaluate.ts'
import type { FlagImport, FlagReport } from '../../src/flags/importing/flag-file.ts'

await loadEvaluator()

type Context = object

const PLACE = { environment: 'main', version: '1' }
const compiled = new WeakMap<FlagImport, CompiledFlags>()

/**
 * The value of a flag for a context; `undefined` stands for the default in the caller's code.
 *
 * @param now milliseconds; the time of the test's run if left out
 */
export function evaluate(
  imported: FlagImport,
  key: string,
  context: Context,
  now?: number,
): unknown {
  const flag = imported.flags[key]
  if (!flag) throw new Error(`"${key}" was left out: ${JSON.stringify(imported.report)}`)
  const told = { targetingKey: 'visitor', ...context }
  if (now !== undefined) vi.setSystemTime(now)
  const result = evaluateFlag(compile(imported), key, told, PLACE)
  if (now !== undefined) vi.useRealTimers()
  if ('errorCode' in result) throw new Error(`${result.errorCode}: ${result.errorDetails}`)
  if (result.variant !== undefined) expect(Object.keys(flag.variants)).toContain(result.variant)
  return result.value
}

function compile(imported: FlagImport): CompiledFlags {
  const known = compiled.get(imported)
  if (known) return known
  const flags = imported.flags as AssignmentsDocument['flags']
  const $evaluators = imported.evaluators as Record<string, Record<string, unknown>>
  const made = compileFlags({ flags, flagSettings: { $evaluators } })
  if (!made) throw new TypeError('there are flags')
  compiled.set(imported, made)
  return made
}

export function read(result: Result<FlagImport, string>): FlagImport {
  if (!result.ok) throw new Error(result.error)
  return result.value
}

export function reportOf(imported: FlagImport, key: string): FlagReport {
  const report = imported.report.find((one) => one.key === key)
  if (!report) throw new Error(`the report does not name "${key}"`)
  return report
}

/** Why a flag was left out; empty if it was kept. */
export function reasonsOf(imported: FlagImport, key: string): readonly string[] {
  const report = reportOf(imported, key)
  return report.kept ? [] : report.reasons
}

/** The share of 1,500 visitors for whom the flag has the value. */
export function shareOf(
  imported: FlagImport,
  key: string,
  value: unknown,
  context: Context = {},
): number {
  const count = 1_500
  let hits = 0
  for (let index = 0; index < count; index += 1) {
    const visitor = { ...context, targetingKey: `visitor-${index}` }
    if (evaluate(imported, key, visitor) === value) hits += 1
  }
  return hits / count
}
