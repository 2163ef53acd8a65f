// What was found between two versions: the counts, and what differs by route, with examples side by side.

import type { ShadowPair, ShadowRoute } from '../../wire/shadow.ts'
import { toLatencyLabel } from '../say/format.ts'
import {
  listReal,
  toKindText,
  toMissedTexts,
  toNoiseText,
  toOftenText,
  toShareLabel,
  toSpeedText,
} from '../say/shadow.ts'
import type { ShadowDifference } from '../state/shadow.ts'
import { Disclosure } from './disclosure.tsx'
import { Name } from './name.tsx'
import { ScrollTable } from './scroll-table.tsx'
import { Ago, Clock } from './time.tsx'
import { VersionTag } from './version-tag.tsx'

export function ShadowFindings({
  pair,
  isCurrent,
  isFirst,
}: {
  pair: ShadowPair
  /** Whether it is being copied now, with the versions of now. */
  isCurrent: boolean
  isFirst: boolean
}) {
  const { from, base, to, shadow, since, lastAt, routes } = pair
  const differing = routes.filter((route) => listReal(route).length > 0)
  const alike = routes.filter((route) => !differing.includes(route))
  return (
    <section class="sheet padded" aria-label={`${from} (${base}) and its shadow ${to} (${shadow})`}>
      <header class="sheet-head">
        <h2 class="shadow-pair">
          <Name text={from} />
          <VersionTag id={base} />
          <span class="quiet">and</span>
          <Name text={to} />
          <VersionTag id={shadow} />
        </h2>
        {isCurrent ? null : <span class="chip">not copied now</span>}
      </header>
      <PairFigures pair={pair} />
      <div class="shadow-notes small">
        <p class="quiet">
          <bdi>{toNoiseText(pair)}</bdi> Counted from <Clock at={since} /> on; the last comparison
          came <Ago at={lastAt} />.
        </p>
        {toMissedTexts(pair).map((text) => (
          <p key={text} class="warn">
            {text}
          </p>
        ))}
      </div>
      {differing.length > 0 ? (
        <>
          <h3>What differs, by route</h3>
          <ul class="shadow-routes">
            {differing.map((route, i) => (
              <li key={`${route.service} ${route.route}`}>
                <RouteItem route={route} pair={pair} isOpenFirst={isFirst && i === 0} />
              </li>
            ))}
          </ul>
          <p class="quiet small">
            Examples are redacted: letters are x, and digits of texts 0. With the id of a request
            both backends' logs can be searched.
          </p>
        </>
      ) : null}
      {alike.length > 0 ? <AlikeRoutes routes={alike} /> : null}
    </section>
  )
}

/** From this share of differing answers on the figure stands out. */
const NOTABLE_RATE = 0.01

function PairFigures({ pair }: { pair: ShadowPair }) {
  const { copied, compared, rate, baselines, noisy, baseMs, shadowMs } = pair
  return (
    <dl class="figures shadow-figures">
      <Figure
        label="Differ"
        value={compared === 0 ? '–' : toShareLabel(rate)}
        more="without the noise"
        isBad={rate >= NOTABLE_RATE}
      />
      <Figure
        label="The base from itself"
        value={baselines === 0 ? '–' : toShareLabel(noisy / baselines)}
        more="its noise"
      />
      <Figure label="Copied" value={copied.toLocaleString('en-US')} more="requests" />
      <Figure label="Compared" value={compared.toLocaleString('en-US')} more="answers" />
      <Figure label="First byte, base" value={toTimeLabel(baseMs)} more="mean" />
      <Figure label="First byte, shadow" value={toTimeLabel(shadowMs)} more={toSpeedText(pair)} />
    </dl>
  )
}

function Figure({
  label,
  value,
  more,
  isBad = false,
}: {
  label: string
  value: string
  more: string
  isBad?: boolean
}) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd class={isBad ? 'num bad' : 'num'}>{value}</dd>
      <dd class="quiet small">{more}</dd>
    </div>
  )
}

function toTimeLabel(ms: number | null): string {
  return ms === null ? '–' : toLatencyLabel(ms)
}

function RouteItem({
  route,
  pair,
  isOpenFirst,
}: {
  route: ShadowRoute
  pair: ShadowPair
  isOpenFirst: boolean
}) {
  const { baseMs, shadowMs, compared, rate, differences } = route
  const real = listReal(route)
  const noise = differences.filter(({ isNoise }) => isNoise)
  return (
    <Disclosure
      isOpenFirst={isOpenFirst}
      summaryClass="shadow-route"
      summary={
        <>
          <code>
            <bdi>{route.route}</bdi>
          </code>
          <span class="shadow-sums quiet small num">
            <b class="bad">{toShareLabel(rate)}</b> of {compared.toLocaleString('en-US')}
            <span>
              {toTimeLabel(baseMs)}, shadow {toTimeLabel(shadowMs)}
            </span>
          </span>
        </>
      }
    >
      {() => (
        <div class="shadow-differences">
          <p class="quiet small">
            Answered by the service <Name text={route.service} mono />
          </p>
          {real.map((one) => (
            <DifferenceItem key={`${one.kind} ${one.place}`} difference={one} pair={pair} />
          ))}
          {noise.length > 0 ? (
            <p class="quiet small">
              Not counted, because {pair.base} differs from itself there about as often:{' '}
              <bdi>{noise.map(toKindText).join(', ')}</bdi>.
            </p>
          ) : null}
        </div>
      )}
    </Disclosure>
  )
}

function DifferenceItem({ difference, pair }: { difference: ShadowDifference; pair: ShadowPair }) {
  return (
    <section class="shadow-difference" aria-label={toKindText(difference)}>
      <p>
        <bdi class="strong">{toKindText(difference)}</bdi>{' '}
        <span class="quiet small num">{toOftenText(difference)}</span>
      </p>
      <ol class="examples">
        {difference.examples.map(({ at, request, base, shadow }, i) => (
          <li key={`${i} ${request}`}>
            <Side environment={pair.from} version={pair.base} value={base} />
            <Side environment={pair.to} version={pair.shadow} value={shadow} />
            <p class="quiet small example-foot">
              Request <code>{request}</code>, <Ago at={at} />
            </p>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Side({
  environment,
  version,
  value,
}: {
  environment: string
  version: string
  value: string
}) {
  return (
    <div class="side">
      <p class="side-head quiet small">
        <Name text={environment} /> <Name text={version} mono />
      </p>
      <code>
        <bdi>{value}</bdi>
      </code>
    </div>
  )
}

function AlikeRoutes({ routes }: { routes: readonly ShadowRoute[] }) {
  return (
    <Disclosure
      class="table-of-chart"
      summary={
        <>
          {routes.length === 1 ? '1 route has' : `${routes.length} routes have`} no difference
          beyond the noise
        </>
      }
    >
      {() => (
        <ScrollTable label="Routes without a difference">
          <thead>
            <tr>
              <th scope="col">Route</th>
              <th scope="col" class="num">
                Compared
              </th>
              <th scope="col" class="num">
                Base
              </th>
              <th scope="col" class="num">
                Shadow
              </th>
              <th scope="col">Noise</th>
            </tr>
          </thead>
          <tbody>
            {routes.map(({ service, route, compared, baseMs, shadowMs, differences }) => (
              <tr key={`${service} ${route}`}>
                <th scope="row">
                  <code>
                    <bdi>{route}</bdi>
                  </code>
                </th>
                <td class="num">{compared.toLocaleString('en-US')}</td>
                <td class="num">{toTimeLabel(baseMs)}</td>
                <td class="num">{toTimeLabel(shadowMs)}</td>
                <td>
                  <bdi>{differences.map(toKindText).join(', ')}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </Disclosure>
  )
}
