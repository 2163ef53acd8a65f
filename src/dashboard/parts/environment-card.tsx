// One environment with its figures: who gets it, whether it is healthy, and how it answered lately.

import { useSignal } from '@preact/signals'
import { type Percentile, toPercentile } from '../../core/counting/first-byte.ts'
import type { ReplyOf } from '../api/client.ts'
import { Spark } from '../charts/spark.tsx'
import {
  toCountLabel,
  toLatencyLabel,
  toPercentLabel,
  toRateLabel,
  toSecondsLabel,
} from '../say/format.ts'
import { toSentence } from '../say/sentence.ts'
import {
  type CountSums,
  type DrawnSeries,
  toDrawn,
  toDrawnVisitors,
  toRecent,
} from '../state/counts.ts'
import { countsByEnvironment, servicesKnown, visitorsNow } from '../state/site.ts'
import { HealthMark } from './icon.tsx'
import { Name } from './name.tsx'
import { ScrollTable } from './scroll-table.tsx'
import { Ago } from './time.tsx'
import { VersionTag } from './version-tag.tsx'

type EnvironmentItem = ReplyOf<'GET /environments'>['environments'][number]

const MEDIAN = 0.5
const TAIL = 0.95

/** @param isNear whether it can be seen soon: the figures of one that is far from the screen are not drawn. */
export function EnvironmentCard({
  environment,
  isNear,
}: {
  environment: EnvironmentItem
  isNear: boolean
}) {
  const { name, version, percent, restricted } = environment
  return (
    <article class="card">
      <header class="card-head">
        <h3>
          <Name text={name} />
        </h3>
        <VersionTag id={version} />
        {restricted ? <span class="chip">restricted</span> : null}
      </header>
      <p class="share">
        <strong class="num">{toPercentLabel(percent)}</strong> of visitors
        <meter
          class="share-bar"
          min={0}
          max={100}
          value={percent}
          aria-label={`Share of ${name}`}
        />
      </p>
      {isNear ? <CardBody environment={environment} /> : null}
    </article>
  )
}

function CardBody({ environment: { name, hosts } }: { environment: EnvironmentItem }) {
  const points = countsByEnvironment.value.get(name) ?? []
  const recent = toRecent(points, () => true)
  const drawn = toDrawn(points, () => true)
  const visitors = toDrawnVisitors(points, name)
  return (
    <>
      <Health name={name} failedPercent={recent?.failedPercent} />
      {recent ? (
        <Figures
          recent={recent}
          drawn={drawn}
          visitors={{ now: visitorsNow.value[name] ?? 0, drawn: visitors }}
        />
      ) : (
        <p class="quiet">Nothing was counted in the last hour.</p>
      )}
      {hosts.length > 0 ? (
        <p class="small quiet hosts">
          Also at{' '}
          {hosts.map((host) => (
            <Name key={host} text={host} />
          ))}
        </p>
      ) : null}
      <Services name={name} />
      <MinuteTable name={name} drawn={drawn} visitors={visitors} />
    </>
  )
}

/** From this share of failed requests on the words say so. */
const HIGH_PERCENT = 5
const NOTABLE_PERCENT = 1

function Health({ name, failedPercent }: { name: string; failedPercent: number | undefined }) {
  const found = servicesKnown.value.value?.environments.find(
    ({ environment }) => environment === name,
  )
  const failing =
    failedPercent === undefined
      ? undefined
      : failedPercent >= HIGH_PERCENT
        ? 'many requests fail'
        : failedPercent >= NOTABLE_PERCENT
          ? 'some requests fail'
          : 'requests succeed'
  const state =
    (failedPercent ?? 0) >= HIGH_PERCENT && found?.state !== 'Down'
      ? 'Degraded'
      : (found?.state ?? 'Unknown')
  const words = toHealthWords(name, found?.state)
  return (
    <p class="health">
      <HealthMark state={state} />
      <span>
        {words}
        {failing ? `; ${failing}` : ''}
      </span>
    </p>
  )
}

/** A service without a probe is not in an unknown state: nobody asks for it. */
function toHealthWords(name: string, state: string | undefined): string {
  const of =
    servicesKnown.value.value?.services.filter(({ environment }) => environment === name) ?? []
  const isProbed = of.some(({ origins }) => origins.length > 0)
  return state === undefined || (state === 'Unknown' && !isProbed) ? 'Not probed' : state
}

function Figures({
  recent,
  drawn,
  visitors,
}: {
  recent: NonNullable<ReturnType<typeof toRecent>>
  drawn: DrawnSeries
  visitors: { readonly now: number; readonly drawn: readonly number[] }
}) {
  const { sums, perSecond, failedPercent, pagesPerMinute } = recent
  const toSeries = (share: number) =>
    drawn.sums.map(({ firstByte }) => toPercentile(firstByte, share)?.ms ?? null)
  return (
    <dl class="figures">
      <Figure label="Requests" value={toRateLabel(perSecond)} values={drawn.perSecond} />
      <Figure
        label="Failed"
        value={failedPercent === undefined ? '–' : toPercentLabel(failedPercent)}
        values={drawn.failedPercent}
        isBad={(failedPercent ?? 0) >= NOTABLE_PERCENT}
      />
      <Figure
        label="Visitors, 5 min"
        value={toVisitorsLabel(visitors.now)}
        values={visitors.drawn}
      />
      <Figure
        label="Pages opened"
        value={`${toCountLabel(pagesPerMinute)}/min`}
        values={drawn.sums.map(({ assigned }) => assigned)}
      />
      <Figure
        label="First byte, p50"
        value={toEstimateLabel(sums, MEDIAN)}
        values={toSeries(MEDIAN)}
      />
      <Figure label="First byte, p95" value={toEstimateLabel(sums, TAIL)} values={toSeries(TAIL)} />
    </dl>
  )
}

function Figure({
  label,
  value,
  values,
  isBad = false,
}: {
  label: string
  value: string
  values: readonly (number | null)[]
  isBad?: boolean
}) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd class={isBad ? 'num bad' : 'num'}>{value}</dd>
      <dd class="figure-chart">
        <Spark values={values} tone={isBad ? 'bad' : 'plain'} />
      </dd>
    </div>
  )
}

function toEstimateLabel({ firstByte }: CountSums, share: number): string {
  const estimate = toPercentile(firstByte, share)
  return estimate ? toEstimateText(estimate) : '–'
}

const NARROW_SPACE = '\u202f'

/** Up to here the estimate of visitors is nearly always right. */
const EXACT_VISITORS = 10

function toVisitorsLabel(visitors: number): string {
  return visitors < EXACT_VISITORS ? toCountLabel(visitors) : toAbout(toCountLabel(visitors))
}

function toAbout(text: string): string {
  return `≈${NARROW_SPACE}${text}`
}

/** Times are counted between edges: a figure between two of them is an estimate, and says so. */
function toEstimateText({ kind, ms }: Percentile): string {
  if (kind === 'about') return toAbout(toLatencyLabel(toRounded(ms)))
  return `${kind === 'above' ? '>' : '<'}${NARROW_SPACE}${toLatencyLabel(ms)}`
}

function toRounded(ms: number): number {
  return ms < 100 ? Math.round(ms) : Math.round(ms / 10) * 10
}

function Services({ name }: { name: string }) {
  const of = (servicesKnown.value.value?.services ?? []).filter(
    ({ environment }) => environment === name,
  )
  if (of.length === 0) return null
  return (
    <ul class="services" aria-label={`Services of ${name}`}>
      {of.map(({ prefix, state, since, why, origins }) => (
        <li key={prefix}>
          <p class="health">
            <HealthMark state={state} />
            <code>{prefix}</code>
            <span title={toSentence(why)}>
              {origins.length === 0 && state === 'Unknown' ? 'not probed' : state}
            </span>
            {since === undefined ? null : (
              <span class="quiet small">
                since <Ago at={since} />
              </span>
            )}
          </p>
          {origins.length > 0 ? (
            <ul class="origins">
              {origins.map((one) => (
                <li key={one.origin} class="health small">
                  <HealthMark state={one.state} />
                  <Name text={one.origin} mono />
                  <span class="quiet" title={toSentence(one.why)}>
                    {one.state}
                    {one.since === undefined ? null : (
                      <>
                        {' '}
                        since <Ago at={one.since} />
                      </>
                    )}
                  </span>
                </li>
              ))}
            </ul>
          ) : null}
        </li>
      ))}
    </ul>
  )
}

const TABLE_ROWS = 30

/** The figures of the small charts, as a table. */
function MinuteTable({
  name,
  drawn,
  visitors,
}: {
  name: string
  drawn: DrawnSeries
  /** Of ten seconds. */
  visitors: readonly number[]
}) {
  const isOpen = useSignal(false)
  if (drawn.at.length === 0) return null
  const from = Math.max(0, drawn.at.length - TABLE_ROWS)
  return (
    <details
      class="table-of-chart"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open
      }}
    >
      <summary>
        Table<span class="unseen"> of the figures of {name}</span>
      </summary>
      {isOpen.value ? (
        <ScrollTable label={`Figures of ${name}`}>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" class="num">
                Requests
              </th>
              <th scope="col" class="num">
                Failed
              </th>
              <th scope="col" class="num">
                p50
              </th>
              <th scope="col" class="num">
                p95
              </th>
              <th scope="col" class="num">
                Pages
              </th>
              <th scope="col" class="num">
                Visitors in 10 s
              </th>
            </tr>
          </thead>
          <tbody>
            {drawn.at
              .map((at, i) => ({ at, sums: drawn.sums[i], i }))
              .slice(from)
              .reverse()
              .map(({ at, sums, i }) => (
                <tr key={at}>
                  <th scope="row" class="num">
                    {toSecondsLabel(at)}
                  </th>
                  <td class="num">{sums?.requests}</td>
                  <td class="num">{toFailedLabel(drawn.failedPercent[i])}</td>
                  <td class="num">{sums ? toEstimateLabel(sums, MEDIAN) : '–'}</td>
                  <td class="num">{sums ? toEstimateLabel(sums, TAIL) : '–'}</td>
                  <td class="num">{sums?.assigned}</td>
                  <td class="num">{toVisitorsLabel(visitors[i] ?? 0)}</td>
                </tr>
              ))}
          </tbody>
        </ScrollTable>
      ) : null}
    </details>
  )
}

function toFailedLabel(percent: number | null | undefined): string {
  return percent === null || percent === undefined ? '–' : toPercentLabel(percent)
}

/** Environments that nobody reaches by traffic: a line each. */
export function QuietEnvironments({ list }: { list: readonly EnvironmentItem[] }) {
  return (
    <div class="sheet quiet-environments">
      <h3>Without traffic</h3>
      <ScrollTable label="Environments without traffic" isTall>
        <thead>
          <tr>
            <th scope="col">Environment</th>
            <th scope="col">Version</th>
            <th scope="col">Health</th>
            <th scope="col">Reached by</th>
          </tr>
        </thead>
        <tbody>
          {list.map(({ name, version, restricted, hosts }) => {
            const health = servicesKnown.value.value?.environments.find(
              ({ environment }) => environment === name,
            )
            return (
              <tr key={name}>
                <th scope="row">
                  <Name text={name} />
                </th>
                <td>
                  <VersionTag id={version} />
                </td>
                <td>
                  <span class="health">
                    <HealthMark state={health?.state ?? 'Unknown'} />
                    {toHealthWords(name, health?.state)}
                  </span>
                </td>
                <td>
                  {hosts.map((host) => (
                    <Name key={host} text={host} />
                  ))}
                  {hosts.length === 0 ? (restricted ? 'a grant' : 'rules, if any') : null}
                </td>
              </tr>
            )
          })}
        </tbody>
      </ScrollTable>
    </div>
  )
}
