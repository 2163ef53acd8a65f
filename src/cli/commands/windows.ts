// `holo windows`: when releases may go forward. docs/safety.md says what that means.

import type { z } from 'zod'
import { WEEKDAYS } from '../../core/window-times.ts'
import { type Windows, windowsAsRead, windowsOutput } from '../../wire/windows.ts'
import { confirm } from '../change.ts'
import { type ChangeOptions, type CommandRow, command, type SharedOptions } from '../command.ts'
import { misuse } from '../failure.ts'
import { parseReason } from '../options.ts'
import { toTime } from '../words.ts'

type WindowsAsRead = z.infer<typeof windowsAsRead>

const SHOW = command({
  name: 'windows show',
  about: 'Shows when releases may go forward, and whether they may now.',
  scope: 'read',
  examples: [{ command: 'holo windows show', about: 'a freeze comes before them' }],
  shape: windowsOutput,
  run: async (context) => {
    const api = await context.api()
    const json = await api.ask(windowsAsRead, 'GET', '/windows')
    return { json, lines: toLines(json) }
  },
})

type SetOptions = SharedOptions &
  Pick<ChangeOptions, 'yes' | 'reason'> & { readonly zone?: string; readonly clear?: boolean }

const SET = command({
  name: 'windows set',
  about: 'Sets when releases may go forward; outside of these times it is as in a freeze.',
  scope: 'shift',
  arguments: [{ name: '[windows...]', about: "as in 'mon-thu 09:00-16:00' 'fri 09:00-12:00'" }],
  options: [
    { flags: '--zone <zone>', about: 'in which the times are meant: Europe/Berlin, UTC' },
    { flags: '--clear', about: 'no windows: at any time' },
    { flags: '--reason <text>', about: 'the reason, for the audit log', parse: parseReason },
    { flags: '-y, --yes', about: 'do not ask' },
  ],
  examples: [
    {
      command: "holo windows set 'mon-thu 09:00-16:00' 'fri 09:00-12:00' --zone Europe/Berlin",
      about: 'while somebody is there',
    },
    { command: 'holo windows set --clear', about: 'at any time again' },
  ],
  shape: windowsOutput,
  run: async (context, [texts]: [readonly string[]], options: SetOptions) => {
    const { zone, clear, reason } = options
    if (clear ? texts.length > 0 : texts.length === 0 || zone === undefined) {
      throw misuse('name windows and their --zone, or --clear alone')
    }
    const settings = { zone: zone ?? 'UTC', windows: texts.map(parseWindow) }
    const api = await context.api()
    const before = await api.ask(windowsAsRead, 'GET', '/windows')
    const { name } = await context.target()
    const next = clear ? 'at any time' : `${texts.join(', ')} (${zone})`
    const plan = [...toLines(before), `From now on at ${name}: ${next}`]
    if (!options.json) for (const line of plan) context.say(line)
    await confirm(context, options, plan)
    const json = await api.ask(windowsAsRead, 'PUT', '/windows', {
      json: settings,
      query: { reason },
    })
    return { json, lines: toLines(json) }
  },
})

export const WINDOWS_COMMANDS: readonly CommandRow[] = [SHOW, SET]

function toLines({ zone, windows = [], open, opensAt }: WindowsAsRead): string[] {
  if (windows.length === 0) return ['Releases may go forward at any time']
  const now = open ? 'now they may' : `now they may not${toNext(opensAt)}`
  return [`Releases may go forward ${toTexts({ zone, windows })}; ${now}`]
}

/** That no window is open, for people; nothing if one is. */
export function toClosedLines(windows: WindowsAsRead | undefined): string[] {
  if (!windows || windows.open) return []
  return [`releases go forward only ${toTexts(windows)}${toNext(windows.opensAt)}`]
}

function toTexts({ zone, windows = [] }: Pick<WindowsAsRead, 'zone' | 'windows'>): string {
  const texts = windows.map(({ days, from, to }) => `${days.join(' ')} ${from}-${to}`)
  return `${texts.join(', ')} (${zone})`
}

function toNext(opensAt: number | undefined): string {
  return opensAt === undefined ? '' : `; the next window opens ${toTime(opensAt)}`
}

/** `mon-thu 09:00-16:00`, `sat,sun 22:00-02:00`. @throws CliFailure */
function parseWindow(text: string): Windows['windows'][number] {
  const [, names = '', from = '', to = ''] =
    /^([a-z,-]+) (\d\d:\d\d)-(\d\d:\d\d)$/.exec(text.toLowerCase()) ?? []
  const days = names.split(',').flatMap(toDays)
  if (days.length > 0 && from !== '') return { days: [...new Set(days)], from, to }
  throw misuse(`"${text}" is not a window: write "mon-thu 09:00-16:00" or "sat,sun 10:00-12:00"`)
}

/** The days of `mon` or `fri-mon`; none of anything else. */
function toDays(text: string): (typeof WEEKDAYS)[number][] {
  const [first = '', last = first, ...more] = text.split('-')
  const [from, to] = [first, last].map((name) => (WEEKDAYS as readonly string[]).indexOf(name))
  if (from === undefined || to === undefined || from < 0 || to < 0 || more.length > 0) return []
  const count = ((to - from + 7) % 7) + 1
  return Array.from({ length: count }, (_, i) => WEEKDAYS[(from + i) % 7] ?? 'mon')
}
