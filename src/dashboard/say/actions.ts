// What the audit log calls an action, in words for people.

import { getOwn } from '../../core/own.ts'

const WORDS: Readonly<Record<string, string>> = {
  replace: 'replaced the document',
  'set-environment': 'changed an environment',
  'remove-environment': 'removed an environment',
  shift: 'shifted traffic',
  swap: 'swapped two environments',
  'set-rules': 'changed the rules',
  'set-flags': 'changed flags',
  'set-tab-pins': 'changed pins per tab',
  'set-services': 'changed services',
  rollback: 'rolled back',
  withdraw: 'withdrew or restored a version',
  'add-version': 'published a version',
  'remove-versions': 'removed old versions',
  adopt: 'adopted an edit of KV',
  republish: 'published the document again',
  freeze: 'froze releases',
  unfreeze: 'ended a freeze',
  'set-windows': 'changed when releases may go forward',
  'token-create': 'created a token',
  'token-revoke': 'revoked a token',
  'preview-create': 'made a preview link',
  'preview-revoke': 'revoked a preview link',
  'preview-rotate': 'changed the keys of previews',
  'preview-keys': 'made the first key of previews',
  'rollout-start': 'started a rollout',
  'rollout-step': 'moved a rollout to its next step',
  'rollout-complete': 'gave a release to everybody',
  'rollout-rollback': 'took a release back',
  'rollout-notice': 'noted something about a rollout',
  'rollout-pause': 'paused a rollout',
  'rollout-resume': 'resumed a rollout',
  'rollout-advance': 'let a rollout go on',
  'rollout-promote': 'promoted a release',
  'rollout-abort': 'aborted a rollout',
}

/** An action of a newer Holo is shown as it is called. */
export function toActionText(action: string): string {
  return getOwn(WORDS, action) ?? action
}
