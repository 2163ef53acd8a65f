// The terminal: its width and the width of a text on it, whether it shows colours, whether somebody
// can answer a question, and asking one.

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import stringWidth from 'string-width'
import wrapAnsi from 'wrap-ansi'
import { toHarmless } from '../core/harmless-text.ts'

export type Input = Readable & { readonly isTTY?: boolean }

export type OutputStream = {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly write: (text: string) => unknown
}

export type Streams = {
  readonly stdin: Input
  readonly stdout: OutputStream
  readonly stderr: OutputStream
}

type Variables = Readonly<Record<string, string | undefined>>

const DEFAULT_COLUMNS = 80
/** Narrower ones are taken for this: a table has to have some width. */
const MIN_COLUMNS = 20

/** Questions are written to standard error, so that standard output can be a file all the same. */
export function isSomebodyThere({ stdin, stderr }: Streams): boolean {
  return stdin.isTTY === true && stderr.isTTY === true
}

/** `undefined` where lines may be as long as they are: a file, a pipe. */
export function toColumns({ isTTY, columns }: OutputStream): number | undefined {
  return isTTY ? Math.max(MIN_COLUMNS, columns || DEFAULT_COLUMNS) : undefined
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

export type Style = Readonly<Record<keyof typeof CODES, (text: string) => string>>

const ESC = '\u001b'
/** Stands for the beginning of a colour until it is written: nobody's data can have it. */
const MARK = `${ESC}${crypto.randomUUID()}`
const SEQUENCE = new RegExp(`${MARK}\\[([0-9]+)m`, 'g')
/** A colour as the terminal takes it. */
const COLOUR = new RegExp(`${ESC}\\[([0-9]+)m`, 'g')

/**
 * Colours on terminals only, and not where `NO_COLOR` is set (no-color.org). They are marks until
 * `toScreenLine` writes them, so that a colour in somebody's data is none.
 */
export function toStyle(screen: OutputStream, env: Variables): Style {
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

/** Scripts that are written without spaces: a line of them may be broken between any two signs. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u

/** How many columns a text takes as it is written: 日本語 takes six, and a colour none. */
export function toWidth(text: string): number {
  return stringWidth(cleanBetweenColours(text, toHarmless, () => ''))
}

/**
 * The text in lines that are no wider than `columns`. It breaks at spaces, and a word that is wider than
 * a line has one for itself, so that addresses and hashes can be copied whole. Colours go on in each line.
 */
export function wrap(text: string, columns: number, indent = ''): string[] {
  // All escapes of the text itself are gone by then: those of the lines are ours.
  const clean = toScreenLine(text)
  const lines = wrapAnsi(clean, Math.max(1, columns - indent.length), {
    hard: UNSPACED.test(clean),
  }).split('\n')
  return lines.map((line) => indent + line.replace(COLOUR, (_, code) => toMark(code)))
}

/** A value that stands beside others: it cannot look like several of them either. */
export function toHarmlessCell(cell: string): string {
  return cleanBetweenColours(cell, (part) => toHarmless(part).replace(/\p{Zs}+/gu, ' '), toMark)
}

/** One line as it is written: colours are ours, and everything else is text. */
export function toScreenLine(line: string): string {
  return cleanBetweenColours(line, toHarmless, (code) => `${ESC}[${code}m`)
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

/** The line that was typed; `undefined` when the input ends instead. Rejects when `signal` aborts. */
export function askLine(
  question: string,
  { stdin, stderr }: { readonly stdin: Input; readonly stderr: OutputStream },
  signal: AbortSignal,
): Promise<string | undefined> {
  stderr.write(question)
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdin, terminal: false })
    const abort = () => {
      // Closing says that the input ended, which is an answer: it comes too late then.
      reject(signal.reason)
      stderr.write('\n')
      lines.close()
    }
    signal.addEventListener('abort', abort, { once: true })
    const settle = (line: string | undefined) => {
      signal.removeEventListener('abort', abort)
      resolve(line)
      lines.close()
    }
    lines.once('line', settle)
    lines.once('close', () => settle(undefined))
  })
}

export function isYes(answer: string | undefined): boolean {
  return /^\s*y(?:es)?\s*$/i.test(answer ?? '')
}
