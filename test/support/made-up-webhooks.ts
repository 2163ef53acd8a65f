// Made-up webhooks for pages of the dashboard: one that is told, one that fails, one that is disabled, one that only
// confirms, and a source of values.

import { type Answers, LOOKED_AT, type Reply } from './made-up-site.ts'

const MINUTE_MS = 60_000
const DAY_MS = 1440 * MINUTE_MS

type Webhook = Reply<'GET /webhooks'>['webhooks'][number]
type Delivery = Reply<'GET /webhooks/{name}/deliveries'>['deliveries'][number]

function makeUpWebhook(name: string, fields: Partial<Webhook>): Webhook {
  return {
    name,
    form: 'standard',
    origin: `https://${name}.example.com`,
    events: ['*'],
    createdAt: LOOKED_AT - 9 * DAY_MS,
    createdBy: 'ada',
    state: 'active',
    waiting: 0,
    missed: 0,
    failures: 0,
    triedAt: LOOKED_AT - 4 * MINUTE_MS,
    ...fields,
  }
}

function makeUpDelivery(id: number, fields: Partial<Delivery>): Delivery {
  const at = LOOKED_AT - (100 - id) * 4 * MINUTE_MS
  return {
    id,
    event: 800 + id,
    kind: 'rollout.stepped',
    cause: 'event',
    at,
    triedAt: at,
    attempts: 1,
    outcome: 'delivered',
    status: 204,
    ms: 34,
    ...fields,
  }
}

/** The address of the second one is `#/webhooks/team`. */
export function makeUpWebhooks(site: Answers): Answers {
  return {
    ...site,
    'GET /webhooks': {
      webhooks: [
        makeUpWebhook('pipeline', {}),
        makeUpWebhook('team', {
          form: 'slack',
          origin: 'https://hooks.slack.com',
          events: ['rollout.*', 'service.health'],
          state: 'failing',
          waiting: 3,
          failures: 4,
          failingSince: LOOKED_AT - 13 * MINUTE_MS,
          retryAt: LOOKED_AT + 8 * MINUTE_MS,
          why: 'answered 503',
        }),
        makeUpWebhook('warehouse', {
          form: 'cdevents',
          state: 'disabled',
          waiting: 41,
          missed: 12,
          failures: 80,
          disabledAt: LOOKED_AT - DAY_MS,
          why: 'no answer within 10 s',
        }),
        makeUpWebhook('approvals', { events: [], triedAt: undefined }),
        makeUpWebhook('sentry', {
          form: 'pull',
          origin: 'https://sentry.io',
          events: [],
          triedAt: undefined,
        }),
      ],
    },
    'GET /webhooks/{name}/deliveries': {
      deliveries: [
        makeUpDelivery(99, {
          kind: 'rollout.ended',
          attempts: 4,
          outcome: 'failed',
          status: 503,
          why: 'answered 503',
          ms: 212,
        }),
        makeUpDelivery(98, { kind: 'webhook.test', cause: 'test', event: undefined }),
        makeUpDelivery(97, { cause: 'redelivery' }),
        makeUpDelivery(96, { kind: 'rollout.confirm', cause: 'confirmation', event: undefined }),
        makeUpDelivery(95, {}),
        makeUpDelivery(94, { kind: 'service.health', attempts: 2 }),
      ],
    },
    'GET /events': (url) => {
      const id = Number(url.searchParams.get('after') ?? 0) + 1
      const event = {
        id,
        at: LOOKED_AT - 4 * MINUTE_MS,
        kind: 'rollout.ended',
        rollout: 7,
        environment: 'canary',
        base: 'main',
        version: '1.1.0',
        baseVersion: '1.0.0',
        weight: 0,
        by: 'control',
        reason: '8 of 8 visitors of 1.1.0 got 503 from POST /api/checkout',
        outcome: 'rolledBack',
      } as const
      // Only who asks for one gets it: the page that follows events hears of none.
      return { events: id > 800 ? [event] : [], next: 1, missed: 0 }
    },
  }
}
