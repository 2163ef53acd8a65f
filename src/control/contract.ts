// The calls of the control, as the edge, the admin API and the cron watchdog make them. What goes on over
// HTTP has its shape in src/wire.

import type { Result } from '../core/result.ts'
import type { Identity, SyncReply, SyncReport } from '../loading/sync.ts'
import type { AuditRow, Verification } from '../wire/audit.ts'
import type { CommitResult } from '../wire/changes.ts'
import type { Command } from '../wire/commands.ts'
import type { EventPage } from '../wire/events.ts'
import type { ControlHealth, ServicesHealthReport } from '../wire/health.ts'
import type { RevisionSummary } from '../wire/history.ts'
import type { MetricPoint } from '../wire/metrics.ts'
import type { Scope } from '../wire/scopes.ts'
import type { NewTokenBody, TokenSummary } from '../wire/tokens.ts'
import type { Answer, Caller, DeniedResult, PageQuery, Principal, RefusedResult } from './caller.ts'
import type { WindowLosses } from './counting/open-windows.ts'
import type { MetricRange, SeriesSince } from './counting/series.ts'
import type { CollectionCalls, UploadCalls } from './releases/contract.ts'
import type { RolloutCalls } from './rollouts/contract.ts'

export type {
  Answer,
  Caller,
  Credential,
  Denial,
  DeniedResult,
  MayCount,
  PageQuery,
  Principal,
  RefusedResult,
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

/** What was reported and not counted, or could not be reported, since the control began. */
export type CountingLosses = WindowLosses & { readonly errors: number }

/** What is left out is as it is of whoever makes the token. */
export type NewToken = Omit<NewTokenBody, 'expiresInDays'> & {
  readonly expiresAt: number | undefined
}

/** Proves a credential and that it has a scope. */
export type Authorise = (caller: Caller, scope: Scope) => Promise<Result<Principal, DeniedResult>>

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
  readonly authenticate: (caller: Caller) => Promise<Result<Principal, DeniedResult>>
  readonly change: (caller: Caller, change: Change) => Promise<Result<CommitResult, RefusedResult>>
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
  readonly health: (caller: Caller) => Answer<ControlHealth>
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

type HealthCalls = {
  readonly services: (caller: Caller) => Answer<ServicesHealthReport>
}
