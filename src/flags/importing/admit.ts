// Decides which flags of an import the document can take: those that Holo would refuse are left out with its
// reasons, so that one of them does not stop the others.

import { checkFlags } from '../../document/check-flags.ts'
import type { Finding } from '../../document/finding.ts'
import { listFindings } from '../../document/findings.ts'
import { flagSettings, flags as flagsShape } from '../../document/flags.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import { FACT_NAMES } from '../fact-names.ts'
import type { FlagImport, FlagReport } from './flag-file.ts'

/** Leaves out what Holo would refuse, and notes which attributes are facts that Holo knows itself. */
export function admitFlags(
  imported: FlagImport,
  environments: AssignmentsDocument['environments'],
): FlagImport {
  const flags = new Map(Object.entries(imported.flags))
  const evaluators: Record<string, FlagImport['evaluators'][string]> = {}
  const report = imported.report.map((one): FlagReport => {
    const flag = flags.get(one.key)
    if (!one.kept || !flag) return one
    const names = Object.keys(collectUsed(flag.targeting, imported.evaluators))
    const used = Object.fromEntries(
      Object.entries(imported.evaluators).filter(([name]) => names.includes(name)),
    )
    const reasons = listReasons(one.key, flag, used, environments)
    if (reasons.length > 0) {
      flags.delete(one.key)
      return { key: one.key, kept: false, reasons }
    }
    Object.assign(evaluators, used)
    return { ...one, notes: [...one.notes, ...toClashes(one.reads)] }
  })
  return { ...imported, flags: Object.fromEntries(flags), evaluators, report }
}

function listReasons(
  key: string,
  flag: FlagImport['flags'][string],
  used: FlagImport['evaluators'],
  environments: AssignmentsDocument['environments'],
): readonly string[] {
  const one = { [key]: flag }
  const settings = { $evaluators: used }
  const shaped = flagsShape.safeParse(one)
  const shapedSettings = flagSettings.safeParse(settings)
  const issues = [
    ...(shaped.success ? [] : listFindings(one, shaped.error.issues)),
    ...(shapedSettings.success ? [] : listFindings(settings, shapedSettings.error.issues)),
  ]
  const findings =
    shaped.success && shapedSettings.success
      ? checkFlags({ flags: shaped.data, flagSettings: shapedSettings.data, environments })
      : issues
  return [...new Set([...findings].map((finding) => toReason(key, finding)))]
}

/** How much of a place in a rule is shown: rules are nested deeply. */
const SHOWN_NAMES = 4

function toReason(key: string, { path, message }: Finding): string {
  const inner = path.filter((name, i) => i > 1 || (name !== key && !OUTER_NAMES.has(name)))
  const place = inner.slice(0, SHOWN_NAMES).join('.')
  return `Holo takes no such flag${place === '' ? '' : `, ${place}`}: ${message}`
}
const OUTER_NAMES: ReadonlySet<string | number> = new Set(['flags', 'flagSettings'])

/** The shared rules that a rule refers to, and those that they refer to. */
export function collectUsed(
  rule: unknown,
  all: Readonly<Record<string, unknown>>,
  used: Record<string, unknown> = {},
): Readonly<Record<string, unknown>> {
  if (typeof rule !== 'object' || rule === null) return used
  for (const [operator, operand] of Object.entries(rule)) {
    if (operator !== '$ref' || typeof operand !== 'string') {
      collectUsed(operand, all, used)
      continue
    }
    const logic = Object.hasOwn(all, operand) ? all[operand] : undefined
    if (logic === undefined || Object.hasOwn(used, operand)) continue
    used[operand] = logic
    collectUsed(logic, all, used)
  }
  return used
}

function toClashes(reads: readonly string[]): string[] {
  const names = new Set(reads.map((path) => path.split('.')[0] ?? ''))
  const clashing = FACT_NAMES.filter((name) => names.has(name)).map((name) => `"${name}"`)
  if (clashing.length === 0) return []
  return [
    `reads ${clashing.join(', ')}, of which Holo has facts of its own: for pages these count, not what the SDK says`,
  ]
}
