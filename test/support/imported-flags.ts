// Evaluates flags in flagd's format as flagd-core does, with its operators on json-logic-engine, for
// tests of what an import makes of a flag.

import { LogicEngine } from 'json-logic-engine'
import semver from 'semver'
import { expect } from 'vitest'
import { murmur3 } from '../../src/core/murmur3.ts'
import type { Result } from '../../src/core/result.ts'
import type { FlagImport, FlagReport } from '../../src/flags/importing/flag-file.ts'

type Context = object

/** Milliseconds; what `$flagd.timestamp` says unless a test says otherwise. */
const NOW = Date.UTC(2026, 0, 1)

const engine = new LogicEngine()
const OWN = {
  starts_with: ([text, part]: unknown[]) => (isText(text) ? text.startsWith(String(part)) : null),
  ends_with: ([text, part]: unknown[]) => (isText(text) ? text.endsWith(String(part)) : null),
  sem_ver: compareVersions,
  fractional: drawVariant,
}
for (const [name, method] of Object.entries(OWN)) {
  engine.addMethod(name, (parts: unknown[], context: unknown) => {
    // Inside of `some` the context is the element, and flagd-core fails because it looks for its logger there.
    if (!Object.hasOwn(Object(context), '$flagd')) throw new Error(`${name} inside of an iteration`)
    return method(parts, context)
  })
}

/** The value of a flag for a context; `undefined` stands for the default in the caller's code. */
export function evaluate(imported: FlagImport, key: string, context: Context, now = NOW): unknown {
  const flag = imported.flags[key]
  if (!flag) throw new Error(`"${key}" was left out: ${JSON.stringify(imported.report)}`)
  if (flag.state === 'DISABLED') return undefined
  const rule = JSON.parse(inline(JSON.stringify(flag.targeting ?? null), imported))
  const $flagd = { flagKey: key, timestamp: Math.floor(now / 1000) }
  const result = engine.run(rule, { targetingKey: 'visitor', ...context, $flagd })
  const variant = result === null || result === undefined ? flag.defaultVariant : String(result)
  if (variant === null || variant === undefined) return undefined
  expect(Object.keys(flag.variants)).toContain(variant)
  return flag.variants[variant]
}

function inline(text: string, { evaluators }: FlagImport): string {
  return Object.entries(evaluators).reduce(
    (all, [name, rule]) => all.replaceAll(`{"$ref":"${name}"}`, JSON.stringify(rule)),
    text,
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function toVersion(raw: unknown): semver.SemVer | null {
  const text = String(raw).replace(/^[vV]/, '')
  return semver.parse(text) ?? (/^\d+(\.\d+)?$/.test(text) ? semver.coerce(text) : null)
}

function compareVersions([one, operator, other]: unknown[]): boolean | null {
  const [left, right] = [toVersion(one), toVersion(other)]
  if (!left || !right) return null
  const order = semver.compare(left, right)
  const results: Record<string, boolean> = {
    '=': order === 0,
    '!=': order !== 0,
    '<': order < 0,
    '<=': order <= 0,
    '>': order > 0,
    '>=': order >= 0,
  }
  return results[String(operator)] ?? null
}

function drawVariant(parts: unknown[], context: unknown): unknown {
  const { $flagd, targetingKey } = context as { $flagd: { flagKey: string }; targetingKey: string }
  const [first] = parts
  if (!isText(first) && !targetingKey) return null
  const by = isText(first) ? first : `${$flagd.flagKey}${targetingKey}`
  const shares = (isText(first) ? parts.slice(1) : parts) as [unknown, number][]
  const whole = shares.reduce((sum, [, weight]) => sum + weight, 0)
  const place = Math.floor((murmur3(new TextEncoder().encode(by)) * whole) / 2 ** 32)
  let end = 0
  for (const [value, weight] of shares) {
    end += weight
    if (place < end) return value
  }
  return null
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
