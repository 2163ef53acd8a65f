// The errors that browsers have reported of one version, new ones first, with their places in the source where it
// has source maps. Nothing is shown of a version without any.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type CallFailure, call, type ReplyOf } from '../api/client.ts'
import { toCountLabel } from '../say/format.ts'
import { Disclosure } from './disclosure.tsx'
import { ScrollTable } from './scroll-table.tsx'
import { FailureBox, Loading } from './state.tsx'
import { Ago } from './time.tsx'

type Page = ReplyOf<'GET /errors'>
type Group = Page['errors'][number]
type Frame = ReplyOf<'GET /errors/{id}'>['stack'][number]

const READ_EVERY_MS = 60_000

export function VersionErrors({ version }: { version: string }) {
  const found = useSignal<Page | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  useEffect(() => {
    const ended = new AbortController()
    const load = async () => {
      const query = { version, resolve: 'true' } as const
      const reply = await call('GET /errors', { query, signal: ended.signal })
      if (ended.signal.aborted) return
      failure.value = reply.ok ? undefined : reply.error
      if (reply.ok) found.value = reply.value
    }
    load()
    const timer = setInterval(load, READ_EVERY_MS)
    return () => {
      clearInterval(timer)
      ended.abort()
    }
  }, [version])
  const { errors = [], found: count = 0 } = found.value ?? {}
  if (!failure.value && errors.length === 0) return null
  return (
    <section class="sheet padded" aria-labelledby="errors-heading">
      <header class="sheet-head">
        <h2 id="errors-heading">What browsers report</h2>
        <span class="quiet small num">
          {count > errors.length ? `${errors.length} of ${count} errors` : ''}
        </span>
      </header>
      {failure.value ? <FailureBox failure={failure.value} /> : null}
      {errors.length === 0 ? null : (
        <ScrollTable label="Errors that browsers report" isTall>
          <thead>
            <tr>
              <th scope="col">Error</th>
              <th scope="col">Last</th>
              <th scope="col" class="num">
                Hour
              </th>
              <th scope="col" class="num">
                Day
              </th>
              <th scope="col" class="num">
                All
              </th>
            </tr>
          </thead>
          <tbody>
            {errors.map((group) => (
              <ErrorRow key={group.id} group={group} />
            ))}
          </tbody>
        </ScrollTable>
      )}
    </section>
  )
}

function ErrorRow({ group }: { group: Group }) {
  const { id, kind, message, frame, resolved, lastAt, lastHour, lastDay, count } = group
  return (
    <tr>
      <th scope="row">
        <Disclosure
          summary={
            <>
              {group.new ? <span class="chip bad">new</span> : null} <bdi>{message || kind}</bdi>
            </>
          }
        >
          {() => <Stack id={id} />}
        </Disclosure>
        <FrameText frame={resolved ?? { raw: frame }} />
      </th>
      <td>
        <Ago at={lastAt} />
      </td>
      <td class="num">{toCountLabel(lastHour)}</td>
      <td class="num">{toCountLabel(lastDay)}</td>
      <td class="num">{toCountLabel(count)}</td>
    </tr>
  )
}

/** Read when somebody opens it: source maps are large. */
function Stack({ id }: { id: string }) {
  const frames = useSignal<readonly Frame[] | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  useEffect(() => {
    call('GET /errors/{id}', { params: { id } }).then((reply) => {
      if (reply.ok) frames.value = reply.value.stack
      else failure.value = reply.error
    })
  }, [id])
  if (failure.value) return <FailureBox failure={failure.value} />
  if (!frames.value) return <Loading what="the stack" />
  return (
    <ol class="stack">
      {frames.value.map((frame, i) => (
        <li key={i}>
          <FrameText frame={frame} />
        </li>
      ))}
    </ol>
  )
}

function FrameText({ frame }: { frame: Pick<Frame, 'raw'> & Partial<Frame> }) {
  const { raw, source, line, column, name } = frame
  return (
    <code class="quiet small" title={raw}>
      <bdi>
        {source === undefined ? raw : `${name ? `${name} ` : ''}${source}:${line}:${column}`}
      </bdi>
    </code>
  )
}
