// `--watch`: shows a result again and again, until it is final or Ctrl-C is pressed. With --json it prints a
// line whenever something has changed; on a terminal it redraws the screen.

import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError } from 'commander'
import type { CommandOutcome, Context, Option } from './command.ts'
import { isSomebodyThere } from './terminal.ts'

const DEFAULT_INTERVAL_S = 2

export type WatchOptions = { readonly watch?: boolean; readonly interval?: number }

export const WATCH_OPTIONS: readonly Option[] = [
  {
    flags: '--watch',
    about: 'repeats until Ctrl-C; with --json, prints a line whenever something changes',
  },
  { flags: '--interval <seconds>', about: 'how often (2)', parse: parseInterval },
]

export type Watched<Json> = {
  readonly load: () => Promise<Json>
  readonly toLines: (json: Json) => string[]
  /** Whether the result is final. */
  readonly isOver?: (json: Json) => boolean
}

/** Loads and shows the result once, or with `--watch` repeatedly. */
export async function watchOutcome<Json extends CommandOutcome['json']>(
  context: Context,
  { watch, interval = DEFAULT_INTERVAL_S }: WatchOptions,
  { load, toLines, isOver }: Watched<Json>,
): Promise<Omit<CommandOutcome, 'json'> & { readonly json: Json }> {
  let json = await load()
  if (!watch) return { json, lines: toLines(json) }
  let shown = ''
  for (;;) {
    const text = JSON.stringify(json)
    if (text !== shown) show(context, { json, lines: toLines(json) })
    shown = text
    if (isOver?.(json)) return { json, lines: [], isShown: true }
    try {
      await sleep(interval * 1000, undefined, { signal: context.signal })
      json = await load()
    } catch (cause) {
      // Ctrl-C ends the watch, and is not a failure.
      if (context.signal.aborted) return { json, lines: [], isShown: true }
      throw cause
    }
  }
}

function show({ streams, shared, show: write }: Context, outcome: CommandOutcome): void {
  const clears = isSomebodyThere(streams) && streams.stdout.isTTY === true && !shared.json
  if (clears) streams.stdout.write('\u001b[2J\u001b[H')
  write(outcome)
}

function parseInterval(text: string): number {
  const seconds = Number(text)
  if (seconds >= 0.5 && seconds <= 3600) return seconds
  throw new InvalidArgumentError('a number of seconds from 0.5 to 3600')
}
