// One environment with its figures: who gets it, whether it is healthy, and how it answered lately.

import type { ReplyOf } from '../api/client.ts'
import { toPercentLabel } from '../say/format.ts'
import { toSentence } from '../say/sentence.ts'
import { toDrawn, toDrawnVisitors, toRecent } from '../state/counts.ts'
import { countsByEnvironment, servicesKnown, visitorsNow } from '../state/site.ts'
import { Figures, MinuteTable, NOTABLE_PERCENT } from './environment-figures.tsx'
import { HealthMark } from './icon.tsx'
import { Name } from './name.tsx'
import { ScrollTable } from './scroll-table.tsx'
import { Ago } from './time.tsx'
import { VersionTag } from './version-tag.tsx'

type EnvironmentItem = ReplyOf<'GET /environments'>['environments'][number]

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
