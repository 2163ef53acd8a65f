// What the sections of the page of `holo watch` share.

import type { Style } from '../terminal.ts'

export type PageView = {
  readonly style: Style
  readonly columns: number
  readonly now: number
  /** What keys do, for the last line; left out where nobody can press any. */
  readonly foot?: string
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Something is seen of whatever is above 0. */
export function toBar(percent: number, columns: number): string {
  if (columns === 0 || percent <= 0) return ''
  const eighths = Math.max(1, Math.round((Math.min(percent, 100) * columns * 8) / 100))
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]
}
