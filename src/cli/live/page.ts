// The page of `holo watch` as lines, none of which is wider than the terminal. Pure: the time is an argument.

import { toFreezeLines } from '../commands/freeze.ts'
import { toClosedLines } from '../commands/windows.ts'
import { toFirstByteText } from '../figures.ts'
import { GAP } from '../table.ts'
import { clip, type Style, toHarmlessCell, toWidth, wrap } from '../terminal.ts'
import { toCount, toPercentText, toSpan, toTime } from '../words.ts'
import type { LivePage } from './load.ts'
import type { LiveState } from './loop.ts'
import { toLastRolloutLines, toRolloutLines } from './rollout-lines.ts'
import { type PageView, toBar } from './view.ts'

type Figure = LivePage['figures'][number]

const MAX_BAR_COLUMNS = 30
/** A narrower bar says nothing. */
const MIN_BAR_COLUMNS = 10
/** So many failed requests are red, in percent. */
const LOUD_PERCENT = 1

export function toPageLines({ page, failed, nextAt }: LiveState, view: PageView): string[] {
  const { style, columns, foot } = view
  const sections = [
    [...toHeadLines(page, view), ...toFailedLines(page, failed, nextAt, view)],
    toEnvironmentLines(page, view),
    toWaitingLines(page.waiting, view),
    ...page.rollouts.map((rollout) => toRolloutLines(rollout, view)),
    toLastRolloutLines(page.lastRollout, view),
    toShadowLines(page.shadows, view),
    toServiceLines(page.services, view),
    foot === undefined
      ? []
      : [style.dim(!failed && nextAt === undefined ? `${foot}; asking …` : foot)],
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]))
    .map((line) => clip(line, columns))
}

function toHeadLines(page: LivePage, { style, columns, now, foot }: PageView): string[] {
  const { target, url, revision, published, publishError, externalProblem, last } = page
  const { freeze, windows } = page
  const clock = toTime(foot === undefined ? page.at : now).slice(11)
  const address = target === new URL(url).host ? '' : `${GAP}${url}`
  const kv = published < revision ? style.yellow(`KV has ${published}`) : 'in KV'
  const head = clip(
    `${style.bold(target)}${address}${GAP}revision ${revision}, ${kv}`,
    Math.max(1, columns - clock.length - GAP.length),
  )
  const change = last && `${toTime(last.at)}  ${last.actor}: ${last.action}`
  return [
    head + ' '.repeat(Math.max(0, columns - clock.length - toWidth(head))) + clock,
    ...(change ? [style.dim(last.reason ? `${change} (${last.reason})` : change)] : []),
    ...(publishError
      ? wrap(style.red(`the revision cannot be written to KV: ${publishError}`), columns)
      : []),
    ...(externalProblem
      ? wrap(
          style.red(`a document that was written to KV by hand is not valid: ${externalProblem}`),
          columns,
        )
      : []),
    ...[...toFreezeLines(freeze), ...toClosedLines(windows)].flatMap((line) =>
      wrap(style.yellow(line), columns),
    ),
  ]
}

/** Since when all below is old, why, and what happens next. */
function toFailedLines(
  { at }: LivePage,
  failed: LiveState['failed'],
  nextAt: number | undefined,
  { style, columns, now }: PageView,
): string[] {
  if (!failed) return []
  const { message, details } = failed.failure
  const next = nextAt === undefined ? 'asking again' : `next try in ${toSpan(nextAt - now)}`
  const old = `OLD: all below is of ${toTime(at)}, ${toSpan(now - at)} ago`
  return [
    ...wrap(style.red(old), columns),
    ...wrap(style.red(`${message}; ${next}`), columns),
    ...(details.hint === undefined ? [] : wrap(style.dim(details.hint), columns)),
  ]
}

/** In one row each, with a bar where there is room for one; on a narrow terminal in two rows. */
function toEnvironmentLines({ environments, figures }: LivePage, view: PageView): string[] {
  const { style, columns } = view
  const rows = environments.map(({ name, version, percent, restricted }) => {
    const figure = figures.find(({ environment }) => environment === name)
    return {
      names: [name, version].map(toHarmlessCell),
      share: toPercentText(percent),
      percent,
      restricted,
      figures: toFigureCells(figure, style),
    }
  })
  const heads = ['req/s', 'errors', 'p95']
  const nameWidths = toWidths(
    ['environment', 'version'],
    rows.map(({ names }) => names),
  )
  const figureWidths = toWidths(
    heads,
    rows.map((row) => row.figures),
  )
  const [shareWidth = 0] = toWidths(
    [''],
    rows.map(({ share }) => [share]),
  )
  const wide = toTotal([...nameWidths, MIN_BAR_COLUMNS, shareWidth, ...figureWidths])
  const narrow = toTotal([...nameWidths, MIN_BAR_COLUMNS, shareWidth])
  const isNarrow = wide > columns
  const spare = columns - (isNarrow ? narrow : wide)
  const barWidth = spare < 0 ? 0 : Math.min(MAX_BAR_COLUMNS, MIN_BAR_COLUMNS + spare)
  const join = (names: readonly string[], bar: string, share: string, more: readonly string[]) =>
    [
      ...names.map((name, i) => padEnd(name, nameWidths[i] ?? 0)),
      ...(barWidth > 0 ? [padEnd(bar, barWidth)] : []),
      padStart(share, shareWidth),
      ...more.map((cell, i) => padStart(cell, figureWidths[i] ?? 0)),
    ]
      .join(GAP)
      .trimEnd()
  const head = join(['environment', 'version'], 'visitors', '', isNarrow ? [] : heads)
  return [
    style.dim(head),
    ...rows.flatMap(({ names, share, percent, restricted, figures: cells }) => {
      const bar = restricted ? style.dim('restricted') : style.cyan(toBar(percent, barWidth))
      if (!isNarrow) return [join(names, bar, share, cells)]
      const [rate, failed, p95] = cells
      const said = [
        rate === '' ? '' : `${rate} req/s`,
        failed === '' ? '' : `${failed} errors`,
        p95 === '' ? '' : `p95 ${p95}`,
      ].filter((part) => part !== '')
      return [join(names, bar, share, []), ...(said.length > 0 ? [`  ${said.join(GAP)}`] : [])]
    }),
    ...wrap(style.dim('req/s of the last minute; errors and p95 of the last 5 minutes'), columns),
  ]
}

function toFigureCells(figure: Figure | undefined, style: Style): string[] {
  if (!figure) return ['', '', '']
  const { perSecond, failedPercent, p95 } = figure
  const failed = failedPercent === undefined ? '' : toPercentText(failedPercent)
  const isLoud = (failedPercent ?? 0) >= LOUD_PERCENT
  return [
    perSecond.toLocaleString('en-US', { maximumFractionDigits: perSecond < 10 ? 2 : 0 }),
    isLoud ? style.red(failed) : failed,
    toFirstByteText(p95),
  ]
}

function toWaitingLines(waiting: LivePage['waiting'], { style, columns }: PageView): string[] {
  return waiting.flatMap(({ rollout, why, command }) =>
    wrap(style.yellow(`rollout ${rollout} waits for somebody: ${why}; ${command}`), columns),
  )
}

function toShadowLines(shadows: LivePage['shadows'], { style, columns }: PageView): string[] {
  return shadows.flatMap(
    ({ from, base, to, shadow, rate, compared, skipped, baseMs, shadowMs }) => {
      const differing = `${toPercentText(rate * 100)} of ${compared.toLocaleString('en-US')} compared differ`
      const said = [
        rate > 0 ? style.yellow(differing) : differing,
        ...(baseMs === null || shadowMs === null ? [] : [`${baseMs} ms, shadow ${shadowMs} ms`]),
        ...(skipped > 0 ? [`${toCount(skipped, 'request')} not copied for lack of budget`] : []),
      ]
      return wrap(`shadow of ${from} ${base} on ${to} ${shadow}: ${said.join('; ')}`, columns)
    },
  )
}

/** Services that are not well in a line each, and how many others there are. */
function toServiceLines(services: LivePage['services'], { style, columns }: PageView): string[] {
  if (services.length === 0) return []
  const ill = services.filter(({ state }) => state === 'Down' || state === 'Degraded')
  const others = Map.groupBy(
    services.filter((one) => !ill.includes(one)),
    ({ state }) => state,
  )
  const counts = [...others].map(([state, all]) => `${all.length} ${state.toLowerCase()}`)
  return [
    ...ill.flatMap(({ environment, prefix, state, since, why }) => {
      const paint = state === 'Down' ? style.red : style.yellow
      const from = since === undefined ? '' : ` since ${toTime(since)}`
      return wrap(`${environment} ${prefix}  ${paint(state)}${from}: ${why}`, columns)
    }),
    ...(counts.length > 0 ? wrap(`services: ${counts.join(', ')}`, columns) : []),
  ]
}

function toWidths(heads: readonly string[], rows: readonly (readonly string[])[]): number[] {
  return heads.map((head, i) =>
    Math.max(toWidth(head), ...rows.map((row) => toWidth(row[i] ?? ''))),
  )
}

function toTotal(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1)
}

function padEnd(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - toWidth(cell)))
}

function padStart(cell: string, width: number): string {
  return ' '.repeat(Math.max(0, width - toWidth(cell))) + cell
}
