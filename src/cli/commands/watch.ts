// `holo watch`: one page of the terminal that is kept up to date, with what a release needs to be watched.

import { InvalidArgumentError } from 'commander'
import { watchOutput } from '../../wire/output.ts'
import { createApi } from '../api.ts'
import { type CommandOutcome, type Context, command, type SharedOptions } from '../command.ts'
import { createLoader } from '../live/load.ts'
import { type LiveClock, type LiveState, runLiveLoop } from '../live/loop.ts'
import { toPageLines } from '../live/page.ts'
import { enterScreen, type Keys, type LiveScreen } from '../live/screen.ts'
import { parseWhole } from '../options.ts'
import { toColumns } from '../terminal.ts'

type WatchPageOptions = SharedOptions & { readonly every?: number; readonly times?: number }

const DEFAULT_EVERY_S = 5
/** A page takes six calls or more, and new counts come every ten seconds. */
const MIN_EVERY_S = 2
const MAX_EVERY_S = 3600
/** For a file or a pipe. */
const DEFAULT_COLUMNS = 100

export const WATCH = command({
  name: 'watch',
  about:
    'Shows environments, shares, rates, rollouts and shadows on one page that stays up to date; where output is not a terminal, once.',
  scope: 'read',
  options: [
    {
      flags: '--every <seconds>',
      about: `how often: ${MIN_EVERY_S} to ${MAX_EVERY_S} (${DEFAULT_EVERY_S})`,
      parse: parseEvery,
    },
    {
      flags: '--times <n>',
      about: 'ends after so many pages',
      parse: parseWhole('a whole number from 1'),
    },
  ],
  examples: [
    { command: 'holo watch', about: 'until q or Ctrl-C' },
    { command: 'holo watch --json --every 60', about: 'a line of JSON each minute' },
  ],
  shape: watchOutput,
  run: async (context, _: [], { every = DEFAULT_EVERY_S, times }: WatchPageOptions) => {
    const { streams, shared } = context
    const everyMs = every * 1000
    if (streams.stdout.isTTY && !shared.json) return watchOnScreen(context, everyMs, times)
    return watchInLines(context, everyMs, times ?? (shared.json ? undefined : 1))
  },
})

type Outcome = Omit<CommandOutcome, 'json'> & { readonly json: ReturnType<typeof toJson> }

/** Page after page, or with `--json` a line for each. */
async function watchInLines(
  context: Context,
  everyMs: number,
  times: number | undefined,
): Promise<Outcome> {
  const { style, columns = DEFAULT_COLUMNS, signal } = context
  const state = await runLiveLoop({
    load: createLoader(await context.api(), await context.target(), Date.now),
    everyMs,
    times,
    signal,
    isTicking: false,
    clock: createClock().clock,
    draw: (drawn) => {
      const lines = toPageLines(drawn, { style, columns, now: Date.now() })
      context.show({ json: toJson(drawn), lines: times === 1 ? lines : [...lines, ''] })
    },
  })
  return { json: toJson(state), lines: [], isShown: true }
}

/** Takes over the terminal until somebody presses q. After `--times` pages the last one stays on the terminal. */
async function watchOnScreen(
  context: Context,
  everyMs: number,
  times: number | undefined,
): Promise<Outcome> {
  const { streams, style, shared, say } = context
  const quit = new AbortController()
  const signal = AbortSignal.any([context.signal, quit.signal])
  const target = await context.target()
  // Lines on standard error would be written into the page.
  const note = shared.verbose && !streams.stderr.isTTY ? say : () => {}
  const { clock, wake, want } = createClock()
  const keys: Keys = { onQuit: () => quit.abort(), onRefresh: want, onRedraw: wake }
  const toView = () => ({
    style,
    columns: toColumns(streams.stdout) ?? DEFAULT_COLUMNS,
    now: Date.now(),
  })
  const foot = `q quits, r refreshes; every ${everyMs / 1000} s`
  let screen: LiveScreen | undefined
  try {
    const state = await runLiveLoop({
      load: createLoader(createApi(target, { signal, note }), target, Date.now),
      everyMs,
      times,
      signal,
      isTicking: true,
      clock,
      draw: (drawn) => {
        // Not before the first page: if there is none, the failure is printed on the ordinary screen.
        screen ??= enterScreen(streams, keys)
        screen.draw(toPageLines(drawn, { ...toView(), foot }))
      },
    })
    const json = toJson(state)
    return signal.aborted
      ? { json, lines: [], isShown: true }
      : { json, lines: toPageLines(state, toView()) }
  } finally {
    screen?.leave()
  }
}

function toJson({ page, failed }: LiveState) {
  if (!failed) return page
  const { code, message } = failed.failure
  return { ...page, failed: { code, message, since: failed.since } }
}

/** The real clock, whose sleeps end early by `wake` and `want`. */
function createClock() {
  let isWanted = false
  let end = () => {}
  const clock: LiveClock = {
    now: Date.now,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        signal.throwIfAborted()
        const settle = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', settle)
          if (signal.aborted) reject(signal.reason)
          else resolve()
        }
        const timer = setTimeout(settle, ms)
        signal.addEventListener('abort', settle)
        end = settle
      }),
    isWanted: () => {
      const was = isWanted
      isWanted = false
      return was
    },
  }
  const want = () => {
    isWanted = true
    end()
  }
  return { clock, wake: () => end(), want }
}

function parseEvery(text: string): number {
  const seconds = Number(text)
  if (seconds >= MIN_EVERY_S && seconds <= MAX_EVERY_S) return seconds
  throw new InvalidArgumentError(`a number of seconds from ${MIN_EVERY_S} to ${MAX_EVERY_S}`)
}
