// The body of a delivery in each form: signed JSON, a CDEvent, or a message of a chat. Free text in events
// must not become a command, a mention or a link in a chat.

import { toHarmless } from '../../core/harmless-text.ts'
import { toEventText } from '../../wire/event-text.ts'
import type { HoloEvent } from '../../wire/events.ts'
import type { WebhookForm } from '../../wire/webhooks.ts'

/** Tests have no event of the outbox. */
export type TestEvent = { readonly id: 0; readonly at: number; readonly kind: 'webhook.test' }

export type SentEvent = HoloEvent | TestEvent

/** What the log of deliveries knows of what was sent. */
export type LoggedEvent = { readonly id: number; readonly kind: string }

/** A chat shows about so much of a message, and each of them accepts it. */
const MAX_SENTENCE_CHARACTERS = 1500

/** The body; `undefined` if this form says nothing about such an event. */
export function toBody(form: WebhookForm, event: SentEvent, dashboard: string): string | undefined {
  const content = toContent(form, event, dashboard)
  return content && JSON.stringify(content)
}

function toContent(form: WebhookForm, event: SentEvent, dashboard: string): object | undefined {
  switch (form) {
    case 'standard':
      return toStandard(event, dashboard)
    case 'cdevents':
      return toCdEvent(event, dashboard)
    case 'pull':
      return undefined
    case 'slack':
      return toSlack(toSentence(event), toLink(event, dashboard))
    case 'discord':
      return toDiscord(toSentence(event), toLink(event, dashboard))
    case 'teams':
      return toTeams(toSentence(event), toLink(event, dashboard))
  }
}

/** The same for every attempt: receivers recognise by it what they have had before. */
export function toMessageId({ id, at }: SentEvent): string {
  return `msg_${id}_${at}`
}

function toStandard(event: SentEvent, dashboard: string): object {
  const { kind, at, ...data } = event
  return {
    type: kind,
    timestamp: new Date(at).toISOString(),
    data: { ...data, text: toSentence(event), link: toLink(event, dashboard) },
  }
}

/** The released version of the specification, and of its events of services. */
const CDEVENTS_VERSION = '0.5.0'
const CDEVENT_VERSION = '0.3.0'

type Change = {
  readonly what: 'deployed' | 'upgraded' | 'rolledback' | 'removed'
  readonly environment: string
  readonly version?: string
}

/** https://github.com/cdevents/spec/blob/main/continuous-deployment.md */
function toCdEvent(event: SentEvent, dashboard: string): object | undefined {
  const change = toChange(event)
  if (!change) return undefined
  const { what, environment, version } = change
  const site = new URL(dashboard).hostname
  return {
    context: {
      specversion: CDEVENTS_VERSION,
      id: toMessageId(event),
      source: dashboard,
      type: `dev.cdevents.service.${what}.${CDEVENT_VERSION}`,
      timestamp: new Date(event.at).toISOString(),
    },
    subject: {
      id: site,
      source: dashboard,
      content: {
        environment: { id: environment },
        ...(version === undefined ? {} : { artifactId: `pkg:generic/${site}@${toPurl(version)}` }),
      },
    },
    customData: { holo: event },
    customDataContentType: 'application/json',
  }
}

/** `undefined` if the event changes no environment. */
function toChange(event: SentEvent): Change | undefined {
  if (event.kind === 'webhook.test') {
    return { what: 'deployed', environment: 'test', version: '0' }
  }
  if (event.kind === 'rollout.ended' && event.outcome === 'rolledBack') {
    return { what: 'rolledback', environment: event.environment, version: event.baseVersion }
  }
  if (event.kind !== 'environment.changed') return undefined
  const { environment, version, before, action } = event
  if (version === undefined) return { what: 'removed', environment }
  // Where a rolled-back rollout withdraws its version, `rollout.ended` has said so.
  if (action === 'rollout-rollback' || action === 'rollout-abort') return undefined
  if (action === 'rollback') return { what: 'rolledback', environment, version }
  return { what: before === undefined ? 'deployed' : 'upgraded', environment, version }
}

/** A version of a package URL escapes all but a few characters. */
function toPurl(version: string): string {
  return encodeURIComponent(version)
}

function toSlack(sentence: string, link: string): object {
  return {
    // For notifications. Slack reads commands and mentions only within angle brackets.
    text: sentence.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    blocks: [
      { type: 'section', text: { type: 'plain_text', text: sentence, emoji: false } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: `<${link}|Open in Holo>` }] },
    ],
    unfurl_links: false,
  }
}

const SUPPRESS_EMBEDS = 4

function toDiscord(sentence: string, link: string): object {
  return {
    content: `${toPlainMarkdown(sentence)}\n<${link}>`,
    allowed_mentions: { parse: [] },
    flags: SUPPRESS_EMBEDS,
  }
}

/** Adaptive Cards, as the Workflows of Teams take them; connectors of Office took another form. */
function toTeams(sentence: string, link: string): object {
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [{ type: 'TextBlock', text: toPlainMarkdown(sentence), wrap: true }],
          actions: [{ type: 'Action.OpenUrl', title: 'Open in Holo', url: link }],
        },
      },
    ],
  }
}

function toPlainMarkdown(text: string): string {
  return text.replace(/[\\`*_~[\]()<>#|@]/g, (sign) => `\\${sign}`)
}

function toSentence(event: SentEvent): string {
  const text =
    event.kind === 'webhook.test'
      ? 'This is a test of the webhook: events will arrive here.'
      : toEventText(event)
  return toHarmless(text).slice(0, MAX_SENTENCE_CHARACTERS)
}

/** The page of the dashboard that shows most about the event. */
function toLink(event: SentEvent, dashboard: string): string {
  if ('rollout' in event) return `${dashboard}#/rollouts/${event.rollout}`
  if (event.kind === 'version.drained') return `${dashboard}#/versions`
  return dashboard
}
