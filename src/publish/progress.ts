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

type Count = {
  /** A file of this size is done; `counted` of its bytes were reported as parts before. */
  (size: number, counted?: number): void
  /** So many bytes of a file are done, and more of it is to come. */
  readonly part: (bytes: number) => void
}

/** Counts finished files of known sizes: call it with the size of each. Reports the start as well. */
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

/** The part of a stream that is drawn on, such as `process.stderr`. */
export type Screen = {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly write: (text: string) => unknown
}

/** Redrawing more often than eyes can read only slows the work. */
const REDRAW_INTERVAL_MS = 100
/** In a log every line stays. */
const LINE_INTERVAL_MS = 5_000
const DEFAULT_COLUMNS = 80
const MAX_BAR_COLUMNS = 30
const MIN_BAR_COLUMNS = 5
/**
 * What each file costs beside its bytes, as so many bytes: on a line of 10 MB/s, with sixteen at once,
 * a request that takes 50 ms. Without it, a thousand small files behind a large one would take no time.
 */
const FILE_COST_BYTES = 32_768
/** Before this a rate is a guess. */
const MIN_RATE_MS = 500

const CLEAR_LINE = '\r\u001b[K'
const GREEN = '\u001b[32m'
const PLAIN = '\u001b[39m'

/**
 * Shows progress on `screen`. `end` leaves the screen clean; call it also after a failure.
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
        // The last column stays empty: writing into it makes some terminals begin a new line.
        const columns = (screen.columns || DEFAULT_COLUMNS) - 1
        screen.write(CLEAR_LINE + toProgressBar(label, step, time - startedAt, columns, colour))
      }
    },
    end: () => {
      if (draws) screen.write(CLEAR_LINE)
    },
  }
}

/** One line of plain words. */
export function toProgressLine(label: string, step: ProgressStep, elapsedMs: number): string {
  return [`${label}: ${step.doing}`, ...toFacts(step, elapsedMs)].join(', ')
}

/** As much as fits into `columns`: what is least missed goes first, the bar before the count. */
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

/** The most important first. */
function toFacts(step: ProgressStep, elapsedMs: number): string[] {
  const facts = [
    `${step.files}/${step.ofFiles} files`,
    `${toSize(step.bytes)} of ${toSize(step.ofBytes)}`,
  ]
  if (elapsedMs < MIN_RATE_MS || step.bytes === 0) return facts
  // While the first file is on its way, there is nothing to go by but its bytes.
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
