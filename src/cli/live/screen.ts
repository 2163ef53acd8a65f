// The terminal while `holo watch` has it: the alternate screen without a cursor, keys, and the way back, which is
// taken whatever ends the command.

import { type OutputStream, type Streams, toScreenLine } from '../terminal.ts'

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[2J'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'
const DEFAULT_ROWS = 24

export type Keys = {
  /** q, Ctrl-C, or the end of the input. */
  readonly onQuit: () => void
  /** r: somebody wants news now. */
  readonly onRefresh: () => void
  /** The terminal has another size, or the command was in the background. */
  readonly onRedraw: () => void
}

export type LiveScreen = {
  /** Shows these lines from the top. The caller keeps them within the width; those that have no room are left out. */
  readonly draw: (lines: readonly string[]) => void
  /** Puts the terminal back. */
  readonly leave: () => void
}

/** @param suspend stops this process until it is continued. */
export function enterScreen(
  { stdin, stdout }: Streams,
  keys: Keys,
  suspend = suspendProcess,
): LiveScreen {
  let shown = ''
  let isEntered = false
  const redraw = () => {
    shown = ''
    keys.onRedraw()
  }
  const enter = () => {
    isEntered = true
    if (stdin.isTTY) stdin.setRawMode?.(true)
    stdout.write(ENTER)
  }
  const restore = () => {
    if (!isEntered) return
    isEntered = false
    if (stdin.isTTY) stdin.setRawMode?.(false)
    stdout.write(LEAVE)
  }
  // In raw mode these keys come as characters, and send no signals.
  const listen = (typed: Buffer | string) => {
    for (const key of String(typed)) {
      if (key === 'q' || key === 'Q' || key === '\u0003') keys.onQuit()
      else if (key === 'r' || key === 'R') keys.onRefresh()
      else if (key === '\u001a') {
        restore()
        suspend(() => {
          enter()
          redraw()
        })
      }
    }
  }
  enter()
  process.once('exit', restore)
  stdout.on?.('resize', redraw)
  if (stdin.isTTY) {
    stdin.on('data', listen)
    // The terminal was closed.
    stdin.on('end', keys.onQuit)
    stdin.on('error', keys.onQuit)
  }
  return {
    draw: (lines) => {
      const text = toText(lines, stdout)
      if (text !== shown && isEntered) stdout.write(text)
      shown = text
    },
    leave: () => {
      restore()
      process.off('exit', restore)
      stdout.off?.('resize', redraw)
      stdin.off('data', listen)
      stdin.off('end', keys.onQuit)
      stdin.off('error', keys.onQuit)
      if (stdin.isTTY) stdin.pause()
    },
  }
}

/**
 * A line is cleared before it is written: behind one that fills the row, that would clear its last character. The
 * last row gets no line end, which would scroll.
 */
function toText(lines: readonly string[], { rows }: OutputStream): string {
  const room = Math.max(1, rows || DEFAULT_ROWS)
  const left = lines.length - room
  const kept = left > 0 ? [...lines.slice(0, room - 1), `… ${left + 1} more lines`] : lines
  const text = kept.map((line) => CLEAR_LINE + toScreenLine(line)).join('\r\n')
  return HOME + text + (kept.length < room ? `\r\n${CLEAR_BELOW}` : '')
}

/** Ctrl-Z: the shell continues the process with `fg`. */
function suspendProcess(onContinued: () => void): void {
  if (process.platform === 'win32') {
    onContinued()
    return
  }
  process.once('SIGCONT', onContinued)
  process.kill(process.pid, 'SIGTSTP')
}
