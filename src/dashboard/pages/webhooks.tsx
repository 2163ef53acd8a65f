// The webhooks: who is told of what, in which form, and whether it arrives. webhook.tsx shows one of them.

import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { getOwn } from '../../core/own.ts'
import type { CallFailure } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { Name, Sentence } from '../parts/name.tsx'
import { NewWebhookForm } from '../parts/new-webhook-form.tsx'
import { Empty, FailureBox, PageState } from '../parts/state.tsx'
import { Ago } from '../parts/time.tsx'
import { toAmount } from '../say/format.ts'
import {
  FORM_WORDS,
  toPurpose,
  toWebhookState,
  toWebhooksSentence,
  type WebhookItem,
} from '../say/webhooks.ts'
import { nowMs } from '../state/clock.ts'
import { toHref } from '../state/route.ts'
import { happenings, readWebhooks, webhooksKnown } from '../state/site.ts'
import { WebhookPage } from './webhook.tsx'

/** A delivery comes after its event, and attempts go on without one. */
const READ_INTERVAL_MS = 10_000

export function WebhooksPage({ rest: [name] }: { rest: readonly string[] }) {
  const turn = useComputed(() => Math.floor(nowMs.value / READ_INTERVAL_MS))
  useEffect(() => {
    readWebhooks()
  }, [happenings.value, turn.value])
  const { value, failure } = webhooksKnown.value
  if (!value) return <PageState title="Webhooks" what="the webhooks" failure={failure} />
  if (name === undefined) return <WebhookList webhooks={value.webhooks} failure={failure} />
  const webhook = value.webhooks.find((one) => one.name === name)
  return webhook ? (
    <WebhookPage key={name} webhook={webhook} />
  ) : (
    <div class="page">
      <h1>Webhooks</h1>
      <div class="sheet">
        <Empty title="There is no such webhook">
          <p>
            <Name text={name} />
          </p>
          <a href={toHref('webhooks')}>All webhooks</a>
        </Empty>
      </div>
    </div>
  )
}

type WebhookListProps = {
  readonly webhooks: readonly WebhookItem[]
  /** Why they could not be read again. */
  readonly failure: CallFailure | undefined
}

function WebhookList({ webhooks, failure }: WebhookListProps) {
  const isAdding = useSignal(false)
  const sentence = toWebhooksSentence(webhooks)
  return (
    <div class="page">
      <header class="page-head">
        <h1>Webhooks</h1>
        {isAdding.value ? null : (
          <Button
            kind="main"
            scope="admin"
            onClick={() => {
              isAdding.value = true
            }}
          >
            Add a webhook
          </Button>
        )}
      </header>
      {failure ? <FailureBox failure={failure} /> : null}
      {isAdding.value ? (
        <NewWebhookForm
          onClose={() => {
            isAdding.value = false
          }}
        />
      ) : null}
      {webhooks.length === 0 ? (
        <div class="sheet">
          <Empty title="Nobody is told of anything yet">
            <p>
              A webhook tells a chat, a pipeline or a program of yours what happens: releases that
              end or wait, services that go down. It can also confirm steps of a rollout, or have
              values that rollouts check.
            </p>
          </Empty>
        </div>
      ) : (
        <>
          <p class={sentence.tone === 'calm' ? undefined : sentence.tone}>
            <Sentence>{sentence.text}</Sentence>
          </p>
          <ul class="webhook-list">
            {webhooks.map((webhook) => (
              <li key={webhook.name}>
                <WebhookRow webhook={webhook} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

function WebhookRow({ webhook }: { webhook: WebhookItem }) {
  const { name, form, origin, waiting, missed, triedAt } = webhook
  const state = toWebhookState(webhook, nowMs.value)
  return (
    <a class="sheet webhook-row" href={toHref('webhooks', name)}>
      <span class="webhook-name">
        <strong>
          <Name text={name} />
        </strong>
        <span class="quiet">{getOwn(FORM_WORDS, form)?.label ?? form}</span>
        <Name text={origin} mono />
      </span>
      <span class={`chip ${state.tone}`}>{state.label}</span>
      <span class="quiet small webhook-about">
        <bdi>{toPurpose(webhook)}</bdi>
        {triedAt === undefined ? null : (
          <>
            , last <Ago at={triedAt} />
          </>
        )}
        {waiting > 0 ? `, ${toAmount(waiting, 'event')} waiting` : ''}
        {missed > 0 ? `, ${toAmount(missed, 'event')} missed` : ''}.
      </span>
      {state.tone === 'bad' || state.tone === 'warn' ? (
        <bdi class="webhook-about">{state.text}</bdi>
      ) : null}
    </a>
  )
}
