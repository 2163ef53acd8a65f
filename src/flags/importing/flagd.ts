// Reads files of flagd as they are: the map of flags of providers, and the list that the daemon takes.
// A flag is kept unchanged or left out; what its parts mean in detail is checked where flags are stored.
//
// Format: open-feature/flagd-schemas, json/flags.json and json/targeting.json. Holo evaluates with
// flagd-core, so that visitors keep their variants where flagd drew their places as it does since flagd
// 0.15 and flagd-core 3.0 (open-feature/flagd#1909); older releases drew otherwise.

import * as z from 'zod'
import { err, ok, type Result } from '../../core/result.ts'
import { flag as flagShape } from '../../document/flags.ts'
import { createDraft, type FlagDraft, refuse, type Translated, toFlagImport } from './draft.ts'
import type { FlagImport, FlagLogic, ImportedFlag } from './flag-file.ts'
import { isJsonFields, type JsonFields, parseExport, readShape, toWord } from './reading.ts'
import { checkValues } from './variant-names.ts'

/** The operators of targeting.json; `?:` is another name of `if`. */
const FLAGD_OPERATORS: ReadonlySet<string> = new Set([
  ...['var', 'missing', 'missing_some', 'if', '?:', 'and', 'or', '!', '!!'],
  ...['==', '===', '!=', '!==', '<', '<=', '>', '>='],
  ...['+', '-', '*', '/', '%', 'min', 'max', 'merge', 'cat', 'substr', 'in'],
  ...['map', 'filter', 'reduce', 'all', 'none', 'some'],
  ...['fractional', 'sem_ver', 'starts_with', 'ends_with'],
])

/** The fields of a flag that flagd has. */
const flagdFields = {
  key: z.string().optional(),
  state: z.enum(['ENABLED', 'DISABLED']),
  variants: z.record(z.string().min(1), z.unknown()),
  defaultVariant: z.string().nullish(),
  targeting: z.record(z.string(), z.unknown()).optional(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
}

/**
 * Holo's own fields, which its export writes. All that the document has are taken; admit.ts checks them as the
 * document does.
 */
const ownFields = Object.fromEntries(
  Object.keys(flagShape.shape)
    .filter((name) => !Object.hasOwn(flagdFields, name))
    .map((name) => [name, z.unknown().optional()]),
)

const flagdFlag = z.strictObject({ ...flagdFields, ...ownFields })

export function parseFlagd(text: string): Result<FlagImport, string> {
  const read = parseExport(text)
  if (!read.ok) {
    const looksLikeYaml = /^\s*(?:---|#|"?(?:flags|\$schema|\$evaluators|metadata)"?\s*:)/.test(
      text,
    )
    return looksLikeYaml
      ? err('the file is YAML: make JSON of it first, for example with "yq -o=json flags.yaml"')
      : read
  }
  const { $schema: _, flags, $evaluators: evaluators = {}, metadata, ...others } = read.value
  const [other] = Object.keys(others)
  if (other !== undefined) return err(`a file of flagd has no "${other}"`)
  if (!isJsonFields(evaluators)) return err(`"$evaluators" is ${toWord(evaluators)}, not an object`)
  if (metadata !== undefined && !isJsonFields(metadata)) {
    return err(`"metadata" is ${toWord(metadata)}, not an object`)
  }
  const named = listFlags(flags)
  if (!named.ok) return named
  const imported = toFlagImport(named.value.map(([key, raw]) => translate(key, raw, evaluators)))
  return ok({ ...imported, ...(metadata && { metadata }) })
}

function listFlags(flags: unknown): Result<readonly (readonly [string, unknown])[], string> {
  if (isJsonFields(flags)) return ok(Object.entries(flags))
  if (!Array.isArray(flags)) return err(`"flags" is ${toWord(flags)}, not an object or a list`)
  const named: [string, unknown][] = []
  for (const [index, flag] of flags.entries()) {
    if (!isJsonFields(flag) || typeof flag.key !== 'string' || flag.key === '') {
      return err(`flags[${index}] has no "key"`)
    }
    if (named.some(([key]) => key === flag.key)) {
      return err(`flags[${index}]: there is another flag with the key "${flag.key}"`)
    }
    named.push([flag.key, flag])
  }
  return ok(named)
}

function translate(key: string, raw: unknown, evaluators: JsonFields): Translated {
  const draft = createDraft()
  const shape = readShape(draft, flagdFlag, raw)
  if (!shape) return { key, draft }
  const { key: _, state, variants, defaultVariant, targeting, metadata, ...own } = shape
  const values = Object.values(variants)
  if (values.length === 0) refuse(draft, 'variants: a flag has at least one')
  checkValues(
    draft,
    // Holo has lists, too, as values of the type object.
    values.map((value) => ({ value: Array.isArray(value) ? {} : value })),
  )
  if (typeof defaultVariant === 'string' && !Object.hasOwn(variants, defaultVariant)) {
    refuse(draft, `defaultVariant: there is no variant "${defaultVariant}"`)
  }
  if (targeting) check(draft, 'targeting', targeting, evaluators, [])
  const flag: ImportedFlag = {
    state,
    variants,
    ...(defaultVariant !== undefined && { defaultVariant }),
    ...(targeting && { targeting: targeting as FlagLogic }),
    ...(metadata && { metadata }),
    ...own,
  }
  return { key, draft, flag }
}

/** Looks for operators that flagd does not have, and collects the shared rules that are used. */
function check(
  draft: FlagDraft,
  where: string,
  rule: unknown,
  evaluators: JsonFields,
  within: readonly string[],
): void {
  if (Array.isArray(rule)) {
    for (const [index, one] of rule.entries()) {
      check(draft, `${where}[${index}]`, one, evaluators, within)
    }
    return
  }
  if (!isJsonFields(rule)) return
  const names = Object.keys(rule)
  const [operator] = names
  if (operator === undefined) return
  if (names.length > 1) {
    refuse(draft, `${where}: a rule has one operator, not ${names.length} (${names.join(', ')})`)
    return
  }
  const operand = rule[operator]
  if (operator === '$ref') {
    checkReference(draft, where, operand, evaluators, within)
    return
  }
  if (!FLAGD_OPERATORS.has(operator)) {
    refuse(draft, `${where}: flagd has no operator "${operator}"`)
    return
  }
  if (operator === 'var') noteAttribute(draft, operand)
  if (operator === 'fractional') {
    draft.notes.add(
      'visitors keep their variants if flagd 0.15 or flagd-core 3.0, or a later one, gave them out; older ones drew places otherwise',
    )
  }
  check(draft, `${where}.${operator}`, operand, evaluators, within)
}

function checkReference(
  draft: FlagDraft,
  where: string,
  name: unknown,
  evaluators: JsonFields,
  within: readonly string[],
): void {
  if (typeof name !== 'string' || !Object.hasOwn(evaluators, name)) {
    refuse(draft, `${where}: "$evaluators" has no rule ${JSON.stringify(name)}`)
    return
  }
  if (within.includes(name)) {
    refuse(draft, `${where}: the rule "${name}" refers to itself`)
    return
  }
  if (draft.evaluators.has(name)) return
  const rule = evaluators[name]
  draft.evaluators.set(name, rule as FlagLogic)
  check(draft, `$evaluators.${name}`, rule, evaluators, [...within, name])
}

function noteAttribute(draft: FlagDraft, operand: unknown): void {
  const path: unknown = Array.isArray(operand) ? operand[0] : operand
  if (typeof path === 'string' && path !== '' && !path.startsWith('$flagd.')) draft.reads.add(path)
}
