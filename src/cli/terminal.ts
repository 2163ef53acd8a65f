// The terminal as commands see it: how wide it is, whether it shows colours, and whether somebody is
// there to be asked. What is written on it is other files' affair.

import type { Readable } from 'node:stream'
import { toHarmless } from '../core/harmless-text.ts'

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

/** Stands for the beginning of a colour until it is written: nobody's data can have it. */
const MARK = `\u001b${crypto.randomUUID()}`
const SEQUENCE = new RegExp(`${MARK}\\[([0-9]+)m`, 'g')

/**
 * Colours on terminals only, and not where `NO_COLOR` is set (no-color.org). They are marks until
 * `toScreenLine` writes them, so that a colour in somebody's data is none.
 */
export function toStyle(screen: Screen, env: Variables): Style {
  const colours = screen.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  const paint = (code: number) => (text: string) =>
    colours && text !== '' ? `${MARK}[${code}m${text}${MARK}[0m` : text
  return {
    bold: paint(CODES.bold),
    dim: paint(CODES.dim),
    red: paint(CODES.red),
    green: paint(CODES.green),
    yellow: paint(CODES.yellow),
    cyan: paint(CODES.cyan),
  }
}

/** A text that has one colour from its first letter to its last: the colour, the text, its end. */
export const PAINTED = new RegExp(`^(${MARK}\\[[1-9][0-9]*m)([^\u001b]*)(${MARK}\\[0m)$`)

/** How many columns a text takes, colours not counted. */
export function toWidth(text: string): number {
  return [...text.replace(SEQUENCE, '')].length
}

/** A value that stands beside others: it cannot look like several of them either. */
export function toHarmlessCell(cell: string): string {
  return cleanBetweenColours(cell, (part) => toHarmless(part).replace(/\p{Zs}+/gu, ' '), toMark)
}

/** One line as it is written: colours are ours, and everything else is text. */
export function toScreenLine(line: string): string {
  return cleanBetweenColours(line, toHarmless, (code) => `\u001b[${code}m`)
}

function toMark(code: string): string {
  return `${MARK}[${code}m`
}

function cleanBetweenColours(
  text: string,
  clean: (part: string) => string,
  toColour: (code: string) => string,
): string {
  // Splitting by a pattern with one group gives text and group in turn.
  return text
    .split(SEQUENCE)
    .map((part, i) => (i % 2 === 0 ? clean(part) : toColour(part)))
    .join('')
}
