// Shadows in words: what is copied, what was found, and what is missing from it. Pure.

import type { ShadowPair, ShadowRoute } from '../../wire/shadow.ts'
import type { ShadowDifference, ShadowSettings } from '../state/shadow.ts'
import { toAmount, toLatencyLabel, toListText, toPercentLabel } from './format.ts'
import type { Tone } from './sentence.ts'

/** Others may have effects twice. */
const HARMLESS_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** More paths or names than this are counted. */
const MAX_NAMED = 3

export function toShareLabel(rate: number): string {
  return toPercentLabel(rate * 100)
}

export type ShadowSentence = {
  readonly tone: Tone
  readonly text: string
  readonly more: string | undefined
}

/** What matters most of all shadows. */
export function toShadowSentence(
  settings: readonly ShadowSettings[],
  pairs: readonly ShadowPair[],
): ShadowSentence {
  const running = settings.filter(({ isOff }) => !isOff)
  const found = running.map((one) => ({ one, pair: findPair(one, pairs) }))
  const worst = found.reduce<(typeof found)[number] | undefined>(
    (least, next) => (least && toRate(least.pair) >= toRate(next.pair) ? least : next),
    undefined,
  )
  if (!worst) {
    return {
      tone: 'calm',
      text: 'Nothing is copied now.',
      more: pairs.length > 0 ? 'What was found before stands below.' : undefined,
    }
  }
  const { from, to } = worst.one
  const others = found.length - 1
  const more = (text: string) =>
    others > 0 ? `${text} ${toAmount(others, 'more shadow runs', 'more shadows run')}.` : text
  const { pair } = worst
  if (!pair || pair.compared === 0) {
    return {
      tone: 'calm',
      text: `Requests of ${from} are copied to ${to}, and nothing has been compared yet.`,
      more: more(
        pair
          ? 'A comparison needs answers of both, and a method that may be sent to the base again.'
          : 'The first counts come about half a minute after the first request that is copied.',
      ),
    }
  }
  const route = pair.routes.find((one) => listReal(one).length > 0)
  const [cause] = route ? listReal(route) : []
  if (!route || !cause || pair.rate === 0) {
    return {
      tone: 'good',
      text: `${to} answers as ${from} does.`,
      more: more(`${toAmount(pair.compared, 'copy was', 'copies were')} compared.`),
    }
  }
  return {
    tone: toRate(pair) >= BAD_RATE ? 'bad' : 'warn',
    text: `${toShareLabel(pair.rate)} of the answers of ${to} differ from those of ${from}.`,
    more: more(`Most of all in ${route.route}: ${toKindText(cause)}.`),
  }
}

/** Where so many answers differ it is hardly the same application. */
const BAD_RATE = 0.1

function toRate(pair: ShadowPair | undefined): number {
  return pair?.rate ?? -1
}

/** What a route differs in beyond the noise. */
export function listReal({ differences }: ShadowRoute): readonly ShadowDifference[] {
  return differences.filter(({ isNoise }) => !isNoise)
}

/** What is known of a shadow as it is declared now, with the versions of now. */
export function findPair(
  { from, base, to, shadow }: ShadowSettings,
  pairs: readonly ShadowPair[],
): ShadowPair | undefined {
  return pairs.find(
    (pair) => pair.from === from && pair.base === base && pair.to === to && pair.shadow === shadow,
  )
}

/** Which requests are in the sample. */
export function toSampleText({ percent, by, methods, paths, repeat }: ShadowSettings): string {
  const of = by === 'visitor' ? 'the requests of %s of the visitors' : '%s of all requests'
  const share = percent === 100 ? 'All requests' : of.replace('%s', toPercentLabel(percent))
  const where = paths.length === 0 ? 'on all paths' : `on ${toNamedText(paths, 'path')}`
  const often = repeat > 1 ? `, each copied ${toAmount(repeat, 'time')}` : ''
  return `${share.charAt(0).toUpperCase()}${share.slice(1)}: ${toListText(methods)} ${where}${often}.`
}

/** What somebody should know who has not written the document. */
export function toSettingsWarnings({ methods, credentials }: ShadowSettings): readonly string[] {
  const effects = methods.filter((method) => !HARMLESS_METHODS.includes(method))
  return [
    ...(effects.length > 0
      ? [
          `${toListText(effects)} ${effects.length === 1 ? 'happens' : 'happen'} twice, here and in the shadow: it needs a database of its own.`,
        ]
      : []),
    ...(credentials.length > 0
      ? [`Credentials are copied with the requests: ${toNamedText(credentials, 'name')}.`]
      : []),
  ]
}

function toNamedText(names: readonly string[], what: string): string {
  if (names.length <= MAX_NAMED) return toListText(names)
  const others = names.length - MAX_NAMED + 1
  return toListText([...names.slice(0, MAX_NAMED - 1), toAmount(others, `more ${what}`)])
}

/** What the base's own noise is, and what is done with it. */
export function toNoiseText({ base, baselines, noisy }: ShadowPair): string {
  if (baselines === 0) return `${base} was never compared with itself: its own noise is not known.`
  if (noisy === 0) {
    return `${base} never differed from itself, in ${toAmount(baselines, 'comparison')}.`
  }
  return `${base} differed from itself in ${noisy.toLocaleString('en-US')} of ${toAmount(baselines, 'comparison')}; that much is subtracted.`
}

/** What the counts leave out. */
export function toMissedTexts({ copied, skipped, compared, lost }: ShadowPair): readonly string[] {
  const uncompared = copied - compared
  return [
    ...(skipped > 0
      ? [
          `${toAmount(skipped, 'more request was', 'more requests were')} not copied, because isolates had no budget left: raise “perSecond” or “concurrent”, or copy a smaller share.`,
        ]
      : []),
    ...(uncompared > 0
      ? [
          `${toAmount(uncompared, 'copy was', 'copies were')} not compared: the base gave no answer, or a credential was left out of a request that the base is not asked again.`,
        ]
      : []),
    ...(lost > 0
      ? [
          `${toAmount(lost, 'difference was', 'differences were')} not kept, because there were too many kinds and places: the counts below are too low.`,
        ]
      : []),
  ]
}

/** `json items[].price`, in words. */
export function toKindText({ kind, place }: Pick<ShadowDifference, 'kind' | 'place'>): string {
  switch (kind) {
    case 'failure':
      return `no answer (${place})`
    case 'status':
      return `status ${place}`
    case 'header':
      return `header ${place}`
    case 'json':
      return place === '$' ? 'the whole JSON body' : `JSON at ${place}`
    case 'body':
      return 'body'
    case 'latency':
      return 'slower'
    default:
      return `${kind satisfies never} ${place}`
  }
}

/** How often something differs. */
export function toOftenText({ count, rate, isNoise }: ShadowDifference): string {
  return isNoise
    ? `${toAmount(count, 'time')}, about as often as the base from itself`
    : `${toShareLabel(rate)}, ${toAmount(count, 'time')}`
}

/** How much faster or slower the shadow is. */
export function toSpeedText({ baseMs, shadowMs }: Pick<ShadowPair, 'baseMs' | 'shadowMs'>): string {
  if (baseMs === null || shadowMs === null) return ''
  const difference = shadowMs - baseMs
  if (difference === 0) return 'as fast as the base'
  return `${toLatencyLabel(Math.abs(difference))} ${difference > 0 ? 'slower' : 'faster'} than the base`
}
