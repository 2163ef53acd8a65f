// How far a publication is, as a value, and how it is shown: one bar that is redrawn on a terminal,
// a line every few seconds anywhere else.

import { toDuration, toSize } from '../core/amounts.ts'

export type ProgressStep = {
  readonly doing: 'reading' | 'compressing' | 'uploading' | 'verifying'
  readonly files: number
  readonly ofFiles: number
  readonly bytes: number
  readonly ofBytes: number
}

export type ReportProgress = (step: ProgressStep) => void

export type Count = {
  /** Counts a finished file of this size. `counted` of its bytes were counted as parts before. */
  (size: number, counted?: number): void
  /** Counts bytes of a file that is not finished yet. */
  readonly part: (bytes: number) => void
}

/** Reports the start, and returns the function to call with the size of each finished file. */
export function startCount(
  doing: ProgressStep['doing'],
  work: readonly { readonly size: number }[],
  report: ReportProgress,
): Count {
  const ofBytes = work.reduce((sum, { size }) => sum + size, 0)
  let files = 0
  let bytes = 0
  const count = () => report({ doing, files, ofFiles: work.length, bytes, ofBytes })
  count()
  const finish = (size: number, counted = 0) => {
    files++
    bytes += size - counted
    count()
  }
  const part = (size: number) => {
    bytes += size
    count()
  }
  return Object.assign(finish, { part })
}

/** The part of a stream, such as `process.stderr`, that progress needs. */
export type Screen = {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly write: (text: string) => unknown
}

/** More frequent redrawing would be invisible and slow down the work. */
const REDRAW_INTERVAL_MS = 100
/** The time between two lines in a log, where all lines stay. */
const LINE_INTERVAL_MS = 5_000
const DEFAULT_COLUMNS = 80
const MAX_BAR_COLUMNS = 30
const MIN_BAR_COLUMNS = 5
/**
 * The fixed cost of each file, expressed in bytes: 50 ms per request, with 16 requests at once on a connection
 * of 10 MB/s. Without it, the estimate would ignore a thousand small files after a large one.
 */
const FILE_COST_BYTES = 32_768
/** Before this time no rate is shown, because it would be a guess. */
const MIN_RATE_MS = 500

const CLEAR_LINE = '\r\u001b[K'
const GREEN = '\u001b[32m'
const PLAIN = '\u001b[39m'

/**
 * Shows progress on `screen`. `end` clears the bar; call it also after a failure.
 * Colour is left out where `env.NO_COLOR` is set (no-color.org).
 */
export function showProgress(
  label: string,
  screen: Screen = process.stderr,
  env: Readonly<Record<string, string | undefined>> = process.env,
  now: () => number = () => performance.now(),
): { readonly report: ReportProgress; readonly end: () => void } {
  const draws = screen.isTTY === true && env.TERM !== 'dumb'
  const colour = draws && !env.NO_COLOR
  const interval = draws ? REDRAW_INTERVAL_MS : LINE_INTERVAL_MS
  let startedAt = 0
  let shownAt = 0
  return {
    report: (step) => {
      if (step.ofFiles === 0) return
      const time = now()
      if (step.files === 0) startedAt = shownAt = time
      const isLast = step.files === step.ofFiles
      if (!isLast && time - shownAt < interval) return
      shownAt = time
      if (!draws) screen.write(`${toProgressLine(label, step, time - startedAt)}\n`)
      else {
        // The last column stays empty, because some terminals start a new line after it.
        const columns = (screen.columns || DEFAULT_COLUMNS) - 1
        screen.write(CLEAR_LINE + toProgressBar(label, step, time - startedAt, columns, colour))
      }
    },
    end: () => {
      if (draws) screen.write(CLEAR_LINE)
    },
  }
}

/** The progress as a line of text. */
export function toProgressLine(label: string, step: ProgressStep, elapsedMs: number): string {
  return [`${label}: ${step.doing}`, ...toFacts(step, elapsedMs)].join(', ')
}

/** The progress as a bar that fits into `columns`. If it is too narrow, less important facts are left out. */
export function toProgressBar(
  label: string,
  step: ProgressStep,
  elapsedMs: number,
  columns: number,
  colour: boolean,
): string {
  const facts = toFacts(step, elapsedMs)
  const head = `${label} ${step.doing}`
  let text = [head, ...facts].join('  ')
  while (text.length > columns && facts.length > 1) {
    facts.pop()
    text = [head, ...facts].join('  ')
  }
  const width = Math.min(MAX_BAR_COLUMNS, columns - text.length - 2)
  if (width < MIN_BAR_COLUMNS) return text.slice(0, Math.max(0, columns))
  const filled = Math.round(width * toShare(step))
  const [on, off] = ['█'.repeat(filled), '░'.repeat(width - filled)]
  return [head, colour ? GREEN + on + PLAIN + off : on + off, ...facts].join('  ')
}

/** The facts, most important first. */
function toFacts(step: ProgressStep, elapsedMs: number): string[] {
  const facts = [
    `${step.files}/${step.ofFiles} files`,
    `${toSize(step.bytes)} of ${toSize(step.ofBytes)}`,
  ]
  if (elapsedMs < MIN_RATE_MS || step.bytes === 0) return facts
  // While the first file is being uploaded, only its bytes are known.
  const cost = step.files === 0 ? 0 : FILE_COST_BYTES
  const done = step.bytes + step.files * cost
  const leftMs = (elapsedMs * (step.ofBytes + step.ofFiles * cost - done)) / done
  facts.push(`${toSize((step.bytes / elapsedMs) * 1_000)}/s`)
  if (step.files < step.ofFiles) facts.push(`${toDuration(Math.ceil(leftMs / 1_000) * 1_000)} left`)
  return facts
}

function toShare({ files, ofFiles, bytes, ofBytes }: ProgressStep): number {
  return ofBytes > 0 ? bytes / ofBytes : files / ofFiles
}
