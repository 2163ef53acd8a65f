// Whether the backend of a version may be switched off: what leads to it, its open tabs, and when it and each of
// its services were last asked.

import { getOwn } from '../../core/own.ts'
import type { ReplyOf } from '../api/client.ts'
import { toAmount } from '../say/format.ts'
import { Name } from './name.tsx'
import { Ago } from './time.tsx'

type Drain = ReplyOf<'GET /versions'>['versions'][number]['drain']

const STATES: Readonly<Record<Drain['state'], string>> = {
  inUse: 'In use',
  draining: 'Draining',
  drained: 'Its backend may be switched off',
  unused: 'Not used yet',
}

/** @param drain missing from an older Holo. */
export function VersionDrain({ drain }: { drain: Drain | undefined }) {
  if (!drain) return null
  const { state, why, tabs, drainedAt, services } = drain
  const isShared = services.some(({ sharedWith }) => sharedWith.length > 0)
  const isHalf = state === 'drained' && isShared
  return (
    <section class="sheet padded" aria-labelledby="drain-heading">
      <h2 id="drain-heading">Backend</h2>
      <dl class="facts">
        <div>
          <dt>State</dt>
          <dd>
            {isHalf
              ? 'Drained, but other versions use a server of it'
              : (getOwn(STATES, state) ?? state)}
            {drainedAt === null ? null : (
              <>
                {', since '}
                <Ago at={drainedAt} />
              </>
            )}
            <span class="quiet small"> {why}</span>
          </dd>
        </div>
        <div>
          <dt>Last call</dt>
          <dd>
            <Calls {...drain} />
          </dd>
        </div>
        <div>
          <dt>Open tabs</dt>
          <dd>{tabs === null ? 'not known: not all pages have the script' : `at most ${tabs}`}</dd>
        </div>
        {services.map((service) => (
          <div key={service.prefix}>
            <dt>
              <bdi>{service.prefix}</bdi>
            </dt>
            <dd>
              <Calls {...service} />
              {service.sharedWith.length === 0 ? null : (
                <span class="quiet small">
                  {' also serves '}
                  {service.sharedWith.map((id) => (
                    <Name key={id} text={id} />
                  ))}
                </span>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Calls({
  lastRequestAt,
  requestsLastHour,
}: Pick<Drain, 'lastRequestAt' | 'requestsLastHour'>) {
  if (lastRequestAt === null) return <>none known</>
  return (
    <>
      <Ago at={lastRequestAt} />
      <span class="quiet small"> {toAmount(requestsLastHour, 'request')} in the last hour</span>
    </>
  )
}
