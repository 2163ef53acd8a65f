// What the control needs from outside: the bindings and variables of the Worker, and what tests replace.

import type { RefreshEnv } from '../loading/durations.ts'
import { type Access, type AccessDeps, Authority } from './access/authority.ts'
import type { AuthorityEnv } from './access/authority-settings.ts'
import type { Counting } from './counting/counting.ts'
import { askOrigin } from './health/ask-origin.ts'
import type { ProbingDeps } from './health/probing.ts'
import type { Subscriber } from './outbox.ts'
import { createRecords, type Records } from './releases/records.ts'
import type { RetentionEnv } from './releases/retention.ts'
import { createCountingSource } from './rollouts/counted-windows.ts'
import type { WindowSource } from './rollouts/source.ts'
import type { Fetch } from './webhooks/pulling.ts'
import { type Send, sendMessage } from './webhooks/send.ts'

/** The bindings and variables that the control uses. */
export type ControlEnv = AuthorityEnv &
  RetentionEnv &
  RefreshEnv & {
    /** Holds the document that isolates read. */
    readonly ASSIGNMENTS: KVNamespace
    /** Blobs, manifests and version records. */
    readonly STORE: R2Bucket
    /** `true` if services may use http:// and private addresses. */
    readonly ALLOW_INSECURE_ORIGINS: string
  }

/** What a control needs besides its bindings. Tests replace these. */
export type ControlSeams = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly createAccess: (parts: AccessDeps) => Access
  readonly createRecords: (bucket: R2Bucket) => Records
  /** Which bucket the alarm samples; `undefined` for none. */
  readonly sampled: (bucket: R2Bucket) => Pick<R2Bucket, 'get'> | undefined
  /** Sends a health probe to an origin. */
  readonly askOrigin: ProbingDeps['ask']
  /** Sends one delivery to a webhook. */
  readonly sendWebhook: Send
  /** Fetches the documents of checks. */
  readonly fetch: Fetch
  readonly createSource: (counting: Counting) => WindowSource
  /** Runs a function after `ms` milliseconds, unless the object is evicted first. */
  readonly later: (run: () => unknown, ms: number) => void
  /** Who receives the events of the outbox. */
  readonly subscribers: readonly Subscriber[]
}

/** What production uses, where a test gives nothing else. */
export function withRealSeams(given: Partial<ControlSeams>, env: ControlEnv): ControlSeams {
  const { now = Date.now } = given
  return {
    now,
    createAccess: (parts) => new Authority(parts),
    createRecords,
    sampled: (bucket) => bucket,
    askOrigin: (target) => askOrigin(target, { bindings: env, now }),
    sendWebhook: (message, ms) => sendMessage(message, ms, now),
    fetch: (url, options) => fetch(url, options),
    createSource: createCountingSource,
    later: (run, ms) => void setTimeout(run, ms),
    subscribers: [],
    ...given,
  }
}
