// What the control can be asked and what it answers, as plain data: the calls of the edge, of the
// admin API and of the cron watchdog. How it does it stands in the files beside this one.

import type { Result } from '../core/result.ts'
import type { Identity, SyncReply, SyncReport } from '../loading/sync.ts'
import type { EventPage } from '../wire/events.ts'
import type { Scope } from './access/scopes.ts'
import type { Limits } from './access/token-limits.ts'
import type {
  Answer,
  Caller,
  Committed,
  Denied,
  PageQuery,
  Principal,
  Refused,
  RevisionSummary,
} from './caller.ts'
import type { WindowLosses as OpenLosses } from './counting/open-windows.ts'
import type { MetricPoint, MetricRange, SeriesSince } from './counting/series.ts'
import type { Command } from './document/commands.ts'
import type { Fill } from './document/fill.ts'
import type { HealthCalls } from './health/contract.ts'
import type { CollectionCalls, UploadCalls } from './releases/contract.ts'
import type { RolloutCalls } from './rollouts/contract.ts'

export type {
  Answer,
  Caller,
  Committed,
  Credential,
  Denial,
  Denied,
  MayCount,
  PageQuery,
  Principal,
  Refused,
  RevisionSummary,
} from './caller.ts'

/** There is one control, and this is its name. */
export const CONTROL_NAME = 'control'

/** One change of the document, against the revision that its author has seen. */
export type Change = {
  readonly command: Command
  readonly expectedRevision: number
  readonly reason: string | undefined
  /** Says what would happen and changes nothing. */
  readonly dryRun: boolean
}

/** One row of the audit log. Its hash covers all the other fields and the hash of the row before. */
export type AuditRow = {
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly actor: string
  /** The id of the token that was used. */
  readonly token: string | undefined
  /**
   * A command's kind, or `add-version`, `remove-versions`, `adopt`, `republish`, `token-create`,
   * `token-revoke`.
   */
  readonly action: string
  /** What the action was given, without secrets. */
  readonly detail: unknown
  readonly reason: string | undefined
  /** The revision it made; `undefined` when it made none. */
  readonly revision: number | undefined
  /**
   * SHA-256 of the document without its `audit` field in canonical form (RFC 8785); `undefined` where
   * there was or is none.
   */
  readonly before: string | undefined
  readonly after: string | undefined
  readonly requestId: string
  /** Hashes: SHA-256, 64 lower-case hex digits; the first row's `previous` is 64 zeros. */
  readonly previous: string
  readonly hash: string
  /** 2; 1 for rows from before digests were of the canonical form. */
  readonly form: number
  /** SHA-256 of the document's text without its `audit` field, byte for byte. */
  readonly textDigest: string | undefined
}

/** The state of the control, for people and for monitors. */
export type Health = {
  readonly revision: number
  readonly digest: string | undefined
  /** The newest revision that KV has taken. */
  readonly published: number
  /** Why the last put failed; `undefined` when it did not. */
  readonly publishError: string | undefined
  /** A document in KV that cannot be taken: what is wrong with it. */
  readonly externalProblem: string | undefined
  /** Calls of isolates in the last ten seconds, and what they are told to wait. */
  readonly callsPerSecond: number
  readonly nextMs: number
  /** Hand edits that were overwritten and kept. */
  readonly overwritten: number
  /** What fills up for good, and how full it is. */
  readonly fill: readonly Fill[]
}

/** What was reported and not counted, or could not be reported, since the control began. */
export type CountingLosses = OpenLosses & { readonly errors: number }

/** What a chain of audit rows is found to be. */
export type Verification = {
  readonly rows: number
  /** Hash of the newest row; 64 zeros when there is none. */
  readonly head: string
  /** What does not fit, oldest first; empty when all is whole. */
  readonly problems: readonly { readonly seq: number | undefined; readonly message: string }[]
}

/** A token as everybody may see it. */
export type TokenSummary = Limits & {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly createdAt: number
  readonly createdBy: string
  /** Milliseconds since the epoch; `undefined` for never. */
  readonly expiresAt: number | undefined
  /** To the minute. */
  readonly lastUsedAt: number | undefined
  readonly revokedAt: number | undefined
}

/** What is left out is as it is of whoever makes the token. */
export type NewToken = Limits & {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: number | undefined
}

/** Proves a credential and that it has a scope. */
export type Authorise = (caller: Caller, scope: Scope) => Promise<Result<Principal, Denied>>

/** The calls of the control. Each that takes a caller checks credential and scope by itself. */
export type ControlCalls = UploadCalls &
  CollectionCalls &
  RolloutCalls &
  HealthCalls &
  DocumentCalls

type DocumentCalls = {
  /** An isolate's one call; it needs no credential, because it tells nothing that is secret. */
  readonly sync: (report: SyncReport) => Promise<SyncReply>
  /** The cron watchdog: arms the alarm that should be armed. Writes nothing when all is well. */
  readonly watch: () => Promise<void>
  readonly authenticate: (caller: Caller) => Promise<Result<Principal, Denied>>
  readonly change: (caller: Caller, change: Change) => Promise<Result<Committed, Refused>>
  /** The newest document; `undefined` when there is none. */
  readonly document: (caller: Caller) => Answer<{ identity: Identity; text: string } | undefined>
  readonly revisions: (caller: Caller, page: PageQuery) => Answer<readonly RevisionSummary[]>
  readonly revision: (
    caller: Caller,
    revision: number,
  ) => Answer<(RevisionSummary & { text: string }) | undefined>
  readonly audit: (caller: Caller, page: PageQuery) => Answer<readonly AuditRow[]>
  /** Checks the whole chain, and a copy of any published document against it when one is given. */
  readonly verify: (caller: Caller, copy: string | undefined) => Answer<Verification>
  readonly health: (caller: Caller) => Answer<Health>
  /** Events that follow `after`, oldest first; none, and the newest id, where it is left out. */
  readonly events: (caller: Caller, after: number | undefined, limit: number) => Answer<EventPage>
  /** Counts of some time, oldest first. */
  readonly metrics: (
    caller: Caller,
    range: MetricRange,
  ) => Answer<{ readonly points: readonly MetricPoint[]; readonly losses: CountingLosses }>
  /** The sums since counting began. */
  readonly metricsSince: (
    caller: Caller,
  ) => Answer<{ readonly series: readonly SeriesSince[]; readonly losses: CountingLosses }>
  readonly tokens: (caller: Caller) => Answer<readonly TokenSummary[]>
  /** The token itself is in this answer and nowhere else. */
  readonly createToken: (
    caller: Caller,
    token: NewToken,
  ) => Answer<TokenSummary & { readonly token: string }>
  readonly revokeToken: (caller: Caller, id: string) => Answer<TokenSummary | undefined>
}
