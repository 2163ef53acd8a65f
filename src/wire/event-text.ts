// Says in one sentence what an event means, for people in chats and in mail.

import type { EventKind, HoloEvent, NewEvent } from './events.ts'

type Of<Kind extends EventKind> = Extract<NewEvent, { kind: Kind }>

type Sentences = { readonly [Kind in EventKind]: (event: Of<Kind>) => string }

type RolloutFields = Omit<Of<'rollout.started'>, 'kind'>

const toRollout = ({ rollout, version, environment }: RolloutFields) =>
  `Rollout ${rollout} of ${version} in "${environment}"`

const SENTENCES: Sentences = {
  'revision.committed': ({ revision, action, by, reason }) =>
    `Revision ${revision}: ${action} by ${by}${toReason(reason)}.`,
  'environment.changed': ({ environment, version, before, by, action }) =>
    version === undefined
      ? `"${environment}" was removed by ${by} (${action}).`
      : `"${environment}" has version ${version}${before === undefined ? '' : ` instead of ${before}`}, by ${by} (${action}).`,
  'rollout.started': (event) =>
    `${toRollout(event)} has started at ${event.weight} %, by ${event.by}.`,
  'rollout.stepped': (event) =>
    `${toRollout(event)} went from ${event.from} to ${event.to}${toReason(event.reason)}.`,
  'rollout.paused': (event) =>
    `${toRollout(event)} stands at ${event.weight} %${toReason(event.reason)}.`,
  'rollout.resumed': (event) =>
    `${toRollout(event)} goes on at ${event.weight} %${toReason(event.reason)}.`,
  'rollout.waiting': (event) =>
    `${toRollout(event)} waits at ${event.weight} %${toReason(event.reason)}.`,
  'rollout.stalled': (event) =>
    `${toRollout(event)} stands at ${event.weight} %${toReason(event.reason)}.`,
  'rollout.blocking': (event) =>
    `${toRollout(event)} is in the way of ${event.waiting.join(', ')}: tried by ${event.by}.`,
  'rollout.noticed': (event) =>
    `${toRollout(event)} at ${event.weight} %${toReason(event.reason)}.`,
  'rollout.ended': (event) => {
    const end = event.outcome === 'promoted' ? 'promoted' : 'rolled back'
    const waiting = event.waiting ? ` Behind it waited: ${event.waiting.join(', ')}.` : ''
    return `${event.version} was ${end}${toReason(event.reason)}. (Rollout ${event.rollout}, "${event.environment}")${waiting}`
  },
  'service.health': ({ environment, version, prefix, before, state, why }) =>
    `The service ${prefix} of ${version} in "${environment}" is ${state} (before: ${before}): ${why}.`,
  'version.drained': ({ version, why }) => `${version} may be switched off: ${why}.`,
  'publication.failed': ({ revision, message }) =>
    `KV did not take revision ${revision}; Holo tries again: ${message}.`,
  'publication.recovered': ({ revision }) => `KV has revision ${revision} now.`,
  'files.lost': ({ files, versions, example }) =>
    `${files} files of ${versions.join(', ')} are lost or damaged in the store, such as ${example}. Publish the same folder again.`,
  'files.healed': ({ files, left }) =>
    `${files} files are whole again in the store; ${left} are still lost or damaged.`,
  'freeze.begun': ({ by, reason, until }) =>
    `Releases are frozen by ${by}${until === undefined ? '' : `, until ${new Date(until).toISOString()}`}: ${reason}.`,
  'freeze.ended': ({ by, reason }) => `Releases are no longer frozen: by ${by}${toReason(reason)}.`,
  'windows.set': ({ by, windows, reason }) =>
    `Releases go forward ${windows === undefined ? 'at any time' : `only ${windows}`}: set by ${by}${toReason(reason)}.`,
  'token.created': ({ name, by, scopes }) =>
    `The token "${name}" (${scopes.join(', ')}) was made by ${by}.`,
  'token.revoked': ({ name, by }) => `The token "${name}" was revoked by ${by}.`,
  'preview.created': ({ versions, environments, by }) =>
    `A preview link to ${[...versions, ...environments].join(', ')} was made by ${by}.`,
  'preview.revoked': ({ versions, environments, by }) =>
    `A preview link to ${[...versions, ...environments].join(', ')} was revoked by ${by}.`,
  'webhook.added': ({ webhook, origin, by }) =>
    `Events are sent to the webhook "${webhook}" (${origin}) from now on: added by ${by}.`,
  'webhook.removed': ({ webhook, by }) => `The webhook "${webhook}" was removed by ${by}.`,
  'webhook.disabled': ({ webhook, why }) =>
    `The webhook "${webhook}" is disabled, and nothing more is sent to it: ${why}.`,
}

/** One or two sentences. Parts of them are free text of whoever made a change. */
export function toEventText(event: HoloEvent | NewEvent): string {
  const toSentence = SENTENCES[event.kind] as (event: HoloEvent | NewEvent) => string
  return toSentence(event)
}

function toReason(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`
}
