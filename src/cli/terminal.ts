// The terminal: its width and the width of a text on it, whether it shows colours, whether somebody
// can answer a question, and asking one.

import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import stringWidth from 'string-width'
import wrapAnsi from 'wrap-ansi'
import { toHarmless } from '../core/harmless-text.ts'

export type Input = Readable & {
  readonly isTTY?: boolean
  /** In raw mode keys are read one by one, and send no signals. */
  readonly setRawMode?: (isRaw: boolean) => unknown
}

export type OutputStream = {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  readonly write: (text: string) => unknown
  on?(event: 'resize', listener: () => void): unknown
  off?(event: 'resize', listener: () => void): unknown
}

export type Streams = {
  readonly stdin: Input
  readonly stdout: OutputStream
  readonly stderr: OutputStream
}

type Variables = Readonly<Record<string, string | undefined>>

const DEFAULT_COLUMNS = 80
/** A narrower terminal is treated as this wide, because tables need some width. */
const MIN_COLUMNS = 20

/** Whether a question can be asked. It is written to standard error, so standard output may be a file. */
export function isSomebodyThere({ stdin, stderr }: Streams): boolean {
  return stdin.isTTY === true && stderr.isTTY === true
}

/** The width of the stream; `undefined` for a file or a pipe, where lines may have any length. */
export function toColumns({ isTTY, columns }: OutputStream): number | undefined {
  return isTTY ? Math.max(MIN_COLUMNS, columns || DEFAULT_COLUMNS) : undefined
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

export type Style = Readonly<Record<keyof typeof CODES, (text: string) => string>>

const ESC = '\u001b'
/** Marks the beginning of a colour until the line is written. It is random, so no data can contain it. */
const MARK = `${ESC}${crypto.randomUUID()}`
const SEQUENCE = new RegExp(`${MARK}\\[([0-9]+)m`, 'g')
/** The escape sequence of a colour. */
const COLOUR = new RegExp(`${ESC}\\[([0-9]+)m`, 'g')

/**
 * Functions that colour text, on terminals and unless `NO_COLOR` is set (no-color.org). They insert marks,
 * which `toScreenLine` replaces with escape sequences. Escape sequences in data have no effect.
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

/** Scripts that are written without spaces: a line may be broken between any two characters. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u

/** The width of a text on the terminal in columns: 日本語 takes six, and a colour none. */
export function toWidth(text: string): number {
  return stringWidth(cleanBetweenColours(text, toHarmless, () => ''))
}

/**
 * Breaks the text at spaces into lines that are no wider than `columns`. A word that is wider than a line is
 * not broken, so that addresses and hashes can be copied. Colours continue on the next line.
 */
export function wrap(text: string, columns: number, indent = ''): string[] {
  // Escape sequences in the text itself have no effect after this, so those in the lines are our colours.
  const clean = toScreenLine(text)
  const lines = wrapAnsi(clean, Math.max(1, columns - indent.length), {
    hard: UNSPACED.test(clean),
  }).split('\n')
  return lines.map((line) => indent + line.replace(COLOUR, (_, code) => toMark(code)))
}

/** The text in one line of at most so many columns; what is left out is shown as `…`. */
export function clip(text: string, columns: number): string {
  if (toWidth(text) <= columns) return text
  const options = { hard: true, wordWrap: false, trim: false }
  const [first = ''] = wrapAnsi(toScreenLine(text), Math.max(1, columns - 1), options).split('\n')
  return `${first.replace(COLOUR, (_, code) => toMark(code))}…`
}

/**
 * A cell of a table without control characters, and with single spaces, so that it cannot look like
 * several cells.
 */
export function toHarmlessCell(cell: string): string {
  return cleanBetweenColours(cell, (part) => toHarmless(part).replace(/\p{Zs}+/gu, ' '), toMark)
}

/** The line as it is written: marks become colours, and control characters in the text are replaced. */
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

/**
 * Asks a question on standard error, and returns the typed line; `undefined` when the input ends. Rejects
 * when `signal` aborts.
 */
export function askLine(
  question: string,
  { stdin, stderr }: { readonly stdin: Input; readonly stderr: OutputStream },
  signal: AbortSignal,
): Promise<string | undefined> {
  stderr.write(toScreenLine(question))
  // Nothing more comes, not even the event that it has ended.
  if (stdin.readableEnded || stdin.destroyed) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdin, terminal: false })
    const abort = () => {
      // Closing emits "close", which settles with `undefined`. After the rejection that has no effect.
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
