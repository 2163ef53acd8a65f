// The options that many commands share, and the parsers of option values. A value that cannot be parsed is
// misuse, and the message names the option.

import { InvalidArgumentError } from 'commander'
import { ENVIRONMENT_NAME, VERSION_ID } from '../core/names.ts'
import { MAX_REASON_CHARACTERS } from '../wire/parts.ts'
import type { Option } from './command.ts'
import type { ConfigServices } from './config.ts'
import { misuse } from './failure.ts'

export const SHARED_OPTIONS: readonly Option[] = [
  { flags: '--target <name>', about: 'a target of holo.json' },
  { flags: '--url <address>', about: 'the address of the site, instead of a target' },
  { flags: '--config <file>', about: 'a file to use instead of the nearest holo.json' },
  { flags: '--json', about: 'prints one JSON object, also for a failure (docs/cli.md)' },
  { flags: '--verbose', about: 'shows every call of the API, with request ids' },
]

/** The options of commands that need no server. */
export const OFFLINE_OPTIONS: readonly Option[] = SHARED_OPTIONS.filter(
  ({ flags }) => flags === '--json',
)

export const CHANGE_OPTIONS: readonly Option[] = [
  { flags: '-y, --yes', about: 'do not ask' },
  { flags: '--dry-run', about: 'shows what would move, and changes nothing' },
  { flags: '--reason <text>', about: 'the reason, for the audit log', parse: parseReason },
  {
    flags: '--if-revision <n>',
    about: 'only if this is still the current revision (exit code 4 if not)',
    parse: parseWhole('a revision is a whole number from 1'),
  },
  {
    flags: '--below-floor',
    about: 'gives visitors a version below the floor of another one all the same (docs/safety.md)',
  },
  {
    flags: '--outside-window',
    about: 'goes forward although no window is open; with --reason (docs/safety.md)',
  },
  { flags: '--wait', about: 'waits until the change is in KV and used for every page' },
]

export function parseWhole(rule: string): (text: string) => number {
  return (text) => {
    if (!/^[1-9]\d{0,12}$/.test(text)) throw new InvalidArgumentError(rule)
    return Number(text)
  }
}

/** The longest time that a timer takes: 2^31 - 1 milliseconds. */
const LONGEST_TIMER_S = 2_147_483

/** Parses a time in seconds, at most `most`. */
export function parseSeconds(most = LONGEST_TIMER_S): (text: string) => number {
  return (text) => {
    const seconds = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : Number.NaN
    if (seconds <= most) return seconds
    throw new InvalidArgumentError(`a whole number of seconds from 1 to ${most}`)
  }
}

export function parseReason(text: string): string {
  if (text.length <= MAX_REASON_CHARACTERS) return text
  throw new InvalidArgumentError(`at most ${MAX_REASON_CHARACTERS} characters`)
}

/** The parser of an option that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text]
}

/** @throws CliFailure */
export function toEnvironmentName(text: string): string {
  if (ENVIRONMENT_NAME.test(text)) return text
  throw misuse(
    `"${text}" cannot be the name of an environment: use lower-case letters, digits and "-", beginning with a letter`,
  )
}

/** @throws CliFailure */
export function toVersionId(text: string): string {
  if (VERSION_ID.test(text)) return text
  throw misuse(
    `"${text}" cannot be the id of a version: use up to 64 letters, digits and "._+-", such as "1.4.0"`,
  )
}

/** Parses `--service`. If a prefix is given twice, its origins take turns. @throws CliFailure */
export function parseServices(texts: readonly string[]): ConfigServices {
  const services = new Map<string, string[]>()
  for (const text of texts) {
    const cut = text.indexOf('=')
    const [prefix, origin] = [text.slice(0, cut), text.slice(cut + 1)]
    const isPrefix = cut > 0 && /^\/(?:.*\/)?$/.test(prefix)
    // So it comes from a pipeline whose variable is not set.
    if (isPrefix && origin.trim() === '') {
      throw misuse(
        `the service ${prefix} has no origin: "${text}" ends with "="`,
        `write ${prefix}=https://api.example.com; in a pipeline, set the variable that holds the origin`,
      )
    }
    if (!isPrefix) {
      throw misuse(
        `"${text}" is not a service: write /api/=https://api.example.com (a prefix ends with "/")`,
      )
    }
    services.set(prefix, [...(services.get(prefix) ?? []), origin])
  }
  return Object.fromEntries(services)
}
