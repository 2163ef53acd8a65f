// The newest deliveries of a webhook. One that is opened shows what was sent, which is read then.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { toEventText } from '../../wire/event-text.ts'
import { type CallFailure, call, type ReplyOf } from '../api/client.ts'
import { toAmount } from '../say/format.ts'
import {
  type DeliveryItem,
  toCauseText,
  toNextTryText,
  toReplyText,
  type WebhookItem,
} from '../say/webhooks.ts'
import { nowMs } from '../state/clock.ts'
import { redeliver } from '../state/webhooks.ts'
import { Button } from './button.tsx'
import { FailureBox, Loading } from './state.tsx'
import { Ago, Clock } from './time.tsx'

export function WebhookDeliveries({
  webhook,
  deliveries,
}: {
  webhook: WebhookItem
  deliveries: readonly DeliveryItem[]
}) {
  const newest = deliveries.find(({ cause }) => cause === 'event')
  return (
    <ul class="delivery-list">
      {deliveries.map((delivery) => (
        <li key={delivery.id}>
          <Delivery webhook={webhook} delivery={delivery} isNewest={delivery === newest} />
        </li>
      ))}
    </ul>
  )
}

function Delivery({
  webhook,
  delivery,
  isNewest,
}: {
  webhook: WebhookItem
  delivery: DeliveryItem
  isNewest: boolean
}) {
  const isOpen = useSignal(false)
  const { id, event, kind, triedAt, attempts, outcome } = delivery
  const next = toNextTryText(webhook, delivery, isNewest, nowMs.value)
  const isTaken = outcome === 'delivered'
  return (
    <details
      onToggle={(toggled) => {
        isOpen.value = toggled.currentTarget.open
      }}
    >
      <summary class="delivery">
        <span class={`chip ${isTaken ? 'good' : 'bad'}`}>{isTaken ? 'taken' : 'not taken'}</span>
        <bdi class="delivery-kind">{kind}</bdi>
        <bdi class="delivery-reply quiet">
          {delivery.cause === 'event' ? '' : `${toCauseText(delivery)}: `}
          {toReplyText(delivery)}
          {attempts > 1 ? `, ${toAmount(attempts, 'attempt')}` : ''}
          {next === undefined ? '' : `. ${next}`}
        </bdi>
        <span class="quiet small delivery-when">
          <Ago at={triedAt} />
        </span>
      </summary>
      {isOpen.value ? (
        <div class="delivery-body">
          <Facts delivery={delivery} next={next} />
          {event === undefined ? null : (
            <>
              <SentEvent event={event} />
              <Redeliver name={webhook.name} id={id} />
            </>
          )}
        </div>
      ) : null}
    </details>
  )
}

function Facts({ delivery, next }: { delivery: DeliveryItem; next: string | undefined }) {
  const { id, event, at, triedAt, attempts } = delivery
  return (
    <dl class="facts">
      <div>
        <dt>Delivery</dt>
        <dd class="num">
          {id}: {toCauseText(delivery)}
          {event === undefined ? '' : `, number ${event}`}
        </dd>
      </div>
      <div>
        <dt>Attempts</dt>
        <dd class="num">
          {attempts}, the first <Clock at={at} />
          {attempts > 1 ? (
            <>
              , the last <Clock at={triedAt} />
            </>
          ) : null}
        </dd>
      </div>
      <div>
        <dt>Reply</dt>
        <dd>
          <bdi>{toReplyText(delivery)}</bdi>
        </dd>
      </div>
      {next === undefined ? null : (
        <div>
          <dt>Next</dt>
          <dd>{next}</dd>
        </div>
      )}
    </dl>
  )
}

type KeptEvent = ReplyOf<'GET /events'>['events'][number]

/** What is shown of an event; the longest one has twenty versions of 200 letters. */
const MAX_SHOWN_CHARACTERS = 8000

/** Every form is made of the event: signed JSON has its fields in `data`, a chat has the sentence. */
function SentEvent({ event: id }: { event: number }) {
  const found = useSignal<KeptEvent | 'gone' | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  useEffect(() => {
    const ended = new AbortController()
    const query = { after: String(id - 1), limit: '1' }
    call('GET /events', { query, signal: ended.signal }).then((page) => {
      if (ended.signal.aborted) return
      if (page.ok) {
        const [event] = page.value.events
        found.value = event?.id === id ? event : 'gone'
      } else failure.value = page.error
    })
    return () => ended.abort()
  }, [id])
  if (failure.value) return <FailureBox failure={failure.value} />
  const event = found.value
  if (event === undefined) return <Loading what="the event" />
  if (event === 'gone') {
    return <p class="quiet">Its event is no longer kept, and cannot be sent again.</p>
  }
  return (
    <div class="delivery-sent">
      <p>
        <bdi>{toEventText(event as Parameters<typeof toEventText>[0])}</bdi>
      </p>
      <pre>
        <bdi>{JSON.stringify(event, undefined, 2).slice(0, MAX_SHOWN_CHARACTERS)}</bdi>
      </pre>
    </div>
  )
}

function Redeliver({ name, id }: { name: string; id: number }) {
  const failure = useSignal<CallFailure | undefined>(undefined)
  const isBusy = useSignal(false)
  const run = async () => {
    isBusy.value = true
    failure.value = await redeliver(name, id)
    isBusy.value = false
  }
  return (
    <div class="delivery-moves">
      {failure.value ? <FailureBox failure={failure.value} /> : null}
      <Button scope="admin" isBusy={isBusy.value} onClick={run}>
        {isBusy.value ? 'Sending…' : 'Redeliver'}
      </Button>
    </div>
  )
}
