// The terminal as commands see it: how wide it is, whether it shows colours, and whether somebody is
// there to be asked. What is written on it is other files' affair.

import type { Readable } from 'node:stream'

export type Input = Readable & { readonly isTTY?: boolean }

export type Screen = {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly write: (text: string) => unknown
}

export type Streams = { readonly stdin: Input; readonly stdout: Screen; readonly stderr: Screen }

type Variables = Readonly<Record<string, string | undefined>>

const DEFAULT_COLUMNS = 80
/** Narrower ones are taken for this: a table has to have some width. */
const MIN_COLUMNS = 20

/** Questions are written to standard error, so that standard output can be a file all the same. */
export function isSomebodyThere({ stdin, stderr }: Streams): boolean {
  return stdin.isTTY === true && stderr.isTTY === true
}

/** `undefined` where lines may be as long as they are: a file, a pipe. */
export function toColumns({ isTTY, columns }: Screen): number | undefined {
  return isTTY ? Math.max(MIN_COLUMNS, columns || DEFAULT_COLUMNS) : undefined
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

export type Style = Readonly<Record<keyof typeof CODES, (text: string) => string>>

/** Colours on terminals only, and not where `NO_COLOR` is set (no-color.org). */
export function toStyle(screen: Screen, env: Variables): Style {
  const colours = screen.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  const paint = (code: number) => (text: string) =>
    colours && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text
  return {
    bold: paint(CODES.bold),
    dim: paint(CODES.dim),
    red: paint(CODES.red),
    green: paint(CODES.green),
    yellow: paint(CODES.yellow),
    cyan: paint(CODES.cyan),
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SEQUENCE = /\u001b\[[0-9;]*m/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g

/** How many columns a text takes, colours not counted. */
export function toWidth(text: string): number {
  return [...text.replace(SEQUENCE, '')].length
}

/** Text from elsewhere, which shall not steer the terminal. */
export function toHarmless(text: string): string {
  return text.replace(CONTROL, '\ufffd')
}

/** Colours are ours; whatever else would steer the terminal came with somebody's data. */
export function toHarmlessLine(line: string): string {
  const colours = line.match(SEQUENCE) ?? []
  return line
    .split(SEQUENCE)
    .map((part, i) => toHarmless(part) + (colours[i] ?? ''))
    .join('')
}
