// One webhook: how it fares, what the rollout that runs asks of it, its deliveries, and what can be done about them.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { getOwn } from '../../core/own.ts'
import { type CallFailure, call } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Name, Sentence } from '../parts/name.tsx'
import { Empty, FailureBox, Loading } from '../parts/state.tsx'
import { Ago } from '../parts/time.tsx'
import { WebhookDeliveries } from '../parts/webhook-deliveries.tsx'
import { toAmount } from '../say/format.ts'
import {
  type DeliveryItem,
  FORM_WORDS,
  listUses,
  toPurpose,
  toWebhookState,
  type WebhookItem,
} from '../say/webhooks.ts'
import { nowMs } from '../state/clock.ts'
import { goTo, toHref } from '../state/route.ts'
import { runningRollout, webhooksKnown } from '../state/site.ts'
import { removeWebhook, resumeWebhook, testWebhook } from '../state/webhooks.ts'

type Asked = 'skip' | 'remove'

export function WebhookPage({ webhook }: { webhook: WebhookItem }) {
  const { name } = webhook
  const deliveries = useSignal<readonly DeliveryItem[] | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  // They are read with every reading of the list.
  useEffect(() => {
    const ended = new AbortController()
    call('GET /webhooks/{name}/deliveries', { params: { name }, signal: ended.signal }).then(
      (found) => {
        if (ended.signal.aborted) return
        if (found.ok) deliveries.value = found.value.deliveries
        failure.value = found.ok ? undefined : found.error
      },
    )
    return () => ended.abort()
  }, [name, webhooksKnown.value.at])
  const uses = listUses(name, runningRollout.value.value)
  return (
    <div class="page">
      <nav class="crumbs" aria-label="Where this is">
        <a href={toHref('webhooks')}>Webhooks</a> /
      </nav>
      <Head webhook={webhook} />
      {uses.length === 0 ? null : (
        <section class="sheet padded" aria-labelledby="uses-heading">
          <h2 id="uses-heading">Asked by the rollout that runs</h2>
          <ul class="differences">
            {uses.map((text) => (
              <li key={text}>
                <Sentence>{text}</Sentence>
              </li>
            ))}
          </ul>
        </section>
      )}
      {webhook.form === 'pull' ? null : (
        <section class="sheet" aria-labelledby="deliveries-heading">
          <header class="webhook-deliveries-head">
            <h2 id="deliveries-heading">Deliveries</h2>
            <p class="quiet small">
              The newest 100. Of a reply Holo keeps the status and the time that it took; its body
              is not read.
            </p>
          </header>
          {failure.value ? <FailureBox failure={failure.value} /> : null}
          {deliveries.value === undefined ? (
            failure.value ? null : (
              <Loading what="the deliveries" />
            )
          ) : deliveries.value.length === 0 ? (
            <Empty title="Nothing was sent yet">
              <p>A test shows whether its receiver takes what it is sent.</p>
            </Empty>
          ) : (
            <WebhookDeliveries webhook={webhook} deliveries={deliveries.value} />
          )}
        </section>
      )}
    </div>
  )
}

function Head({ webhook }: { webhook: WebhookItem }) {
  const { name, form, origin, waiting, missed, createdAt, createdBy } = webhook
  const state = toWebhookState(webhook, nowMs.value)
  const asked = useSignal<Asked | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  const isBusy = useSignal(false)
  const run = async (work: () => Promise<CallFailure | undefined>) => {
    isBusy.value = true
    failure.value = await work()
    isBusy.value = false
  }
  const ask = (what: Asked) => () => {
    asked.value = what
  }
  return (
    <>
      <section
        class={`headline ${state.tone === 'quiet' ? 'calm' : state.tone}`}
        aria-labelledby="webhook-heading"
      >
        <div class="headline-text">
          <h1 id="webhook-heading" class="headline-sentence webhook-title">
            <Name text={name} /> <span class={`chip ${state.tone}`}>{state.label}</span>
          </h1>
          <p class="headline-more">
            <Sentence>{state.text}</Sentence>
          </p>
          <p class="headline-more">
            {getOwn(FORM_WORDS, form)?.label ?? form} at <Name text={origin} mono />.{' '}
            <Sentence>{toPurpose(webhook)}.</Sentence>
          </p>
          <p class="small quiet headline-more">
            Added <Ago at={createdAt} /> by <bdi>{createdBy}</bdi>
            {form === 'pull' ? '' : `; ${toAmount(waiting, 'event')} waiting`}
            {missed > 0 ? `, ${toAmount(missed, 'event')} missed` : ''}.
          </p>
        </div>
        <div class="headline-moves">
          {form === 'pull' ? null : (
            <Button
              scope="admin"
              isBusy={isBusy.value}
              onClick={() => run(() => testWebhook(name))}
            >
              Send a test
            </Button>
          )}
          {webhook.state === 'active' ? null : (
            <Button
              kind="main"
              scope="admin"
              isBusy={isBusy.value}
              onClick={() => run(() => resumeWebhook(name, false))}
            >
              {webhook.state === 'disabled' ? 'Resume' : 'Try again now'}
            </Button>
          )}
          {waiting === 0 ? null : (
            <Button scope="admin" isBusy={isBusy.value} onClick={ask('skip')}>
              Skip what waits
            </Button>
          )}
          <Button scope="admin" isBusy={isBusy.value} onClick={ask('remove')}>
            Remove
          </Button>
        </div>
      </section>
      {failure.value ? <FailureBox failure={failure.value} /> : null}
      {asked.value ? (
        <AskedDialog
          asked={asked.value}
          webhook={webhook}
          onClose={() => {
            asked.value = undefined
          }}
        />
      ) : null}
    </>
  )
}

/** Asks before something that cannot be taken back. */
function AskedDialog({
  asked,
  webhook: { name, waiting },
  onClose,
}: {
  asked: Asked
  webhook: WebhookItem
  onClose: () => void
}) {
  const failure = useSignal<CallFailure | undefined>(undefined)
  const isRunning = useSignal(false)
  const isRemoving = asked === 'remove'
  const run = async () => {
    isRunning.value = true
    failure.value = await (isRemoving ? removeWebhook(name) : resumeWebhook(name, true))
    isRunning.value = false
    if (failure.value) return
    onClose()
    if (isRemoving) goTo('webhooks')
  }
  return (
    <Dialog title={isRemoving ? `Remove ${name}` : `Skip what waits for ${name}`} onClose={onClose}>
      <p>
        {isRemoving
          ? 'Nothing more is sent to it, and the log of its deliveries is removed. A rollout that asks it gets no answer.'
          : `${toAmount(waiting, 'event')} will never be delivered. It goes on with the next one that happens.`}
      </p>
      {failure.value ? <FailureBox failure={failure.value} /> : null}
      <footer class="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="danger" scope="admin" isBusy={isRunning.value} onClick={run}>
          {isRunning.value ? 'Working…' : isRemoving ? 'Remove it' : 'Skip'}
        </Button>
      </footer>
    </Dialog>
  )
}
