// Tells from the content of a file which system its flags come from, and reads it with that system's parser.

import { err, ok, type Result } from '../../core/result.ts'
import type { FlagImport } from './flag-file.ts'
import { parseFlagd } from './flagd.ts'
import { parseGrowthBook } from './growthbook.ts'
import { parseLaunchDarkly } from './launchdarkly.ts'
import { isJsonFields, type JsonFields, parseExport } from './reading.ts'
import { parseUnleash } from './unleash.ts'

export const FLAG_SOURCES = ['flagd', 'launchdarkly', 'unleash', 'growthbook'] as const
export type FlagSource = (typeof FLAG_SOURCES)[number]

/** The systems as their makers write them. */
export const SOURCE_NAMES: Readonly<Record<FlagSource, string>> = {
  flagd: 'flagd',
  launchdarkly: 'LaunchDarkly',
  unleash: 'Unleash',
  growthbook: 'GrowthBook',
}

export type ImportOptions = {
  /** Recognised from the content if left out. */
  readonly from?: FlagSource | undefined
  /** Whose rules to take from a file of LaunchDarkly with several environments. */
  readonly environment?: string | undefined
  /** GrowthBook's attribute with who is evaluated. */
  readonly visitorAttribute?: string | undefined
}

export function parseFlagExport(
  text: string,
  { from, environment, visitorAttribute }: ImportOptions,
): Result<FlagImport & { readonly from: FlagSource }, string> {
  const recognised = from === undefined ? recognise(text) : ok(from)
  if (!recognised.ok) return recognised
  const source = recognised.value
  const parsed = parseAs(source, text, { environment, visitorAttribute })
  return parsed.ok ? ok({ ...parsed.value, from: source }) : parsed
}

function parseAs(
  source: FlagSource,
  text: string,
  { environment, visitorAttribute }: ImportOptions,
): Result<FlagImport, string> {
  switch (source) {
    case 'flagd':
      return parseFlagd(text)
    case 'launchdarkly':
      return parseLaunchDarkly(text, { environment })
    case 'unleash':
      return parseUnleash(text)
    case 'growthbook':
      return parseGrowthBook(text, { visitorAttribute })
  }
}

function recognise(text: string): Result<FlagSource, string> {
  const read = parseExport(text)
  // flagd alone has files in YAML, and its parser says what to do with one.
  if (!read.ok) return ok('flagd')
  const fitting = FLAG_SOURCES.filter((source) => LOOKS_LIKE[source](read.value))
  const [first] = fitting
  if (first === undefined) {
    return err('the file looks like none of flagd, LaunchDarkly, Unleash and GrowthBook')
  }
  if (fitting.length === 1) return ok(first)
  const names = fitting.map((source) => SOURCE_NAMES[source]).join(' and ')
  return err(`the file looks like several of them: ${names}`)
}

/** What no file of the other systems has. */
const LOOKS_LIKE: Readonly<Record<FlagSource, (file: JsonFields) => boolean>> = {
  flagd: ({ flags, $evaluators, $schema }) =>
    Array.isArray(flags) ||
    $evaluators !== undefined ||
    (typeof $schema === 'string' && $schema.includes('flagd')) ||
    hasField(flags, ['variants', 'defaultVariant', 'state']),
  launchdarkly: ({ flags, flagValues, items, environments, variations }) =>
    isJsonFields(flagValues) ||
    Array.isArray(items) ||
    (isJsonFields(environments) && Array.isArray(variations)) ||
    hasField(flags, ['variations', 'fallthrough', 'offVariation']),
  unleash: ({ features, featureStrategies }) =>
    Array.isArray(features) || Array.isArray(featureStrategies),
  growthbook: ({ features, encryptedFeatures }) =>
    isJsonFields(features) || typeof encryptedFeatures === 'string',
}

/** Whether a flag of the table has one of the fields. */
function hasField(flags: unknown, names: readonly string[]): boolean {
  return (
    isJsonFields(flags) &&
    Object.values(flags).some(
      (flag) => isJsonFields(flag) && names.some((name) => Object.hasOwn(flag, name)),
    )
  )
}
