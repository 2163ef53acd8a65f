// The calls that the edge, the admin API and the cron watchdog make to the control. What the API passes
// on over HTTP has its shape in src/wire.

import type { Result } from '../core/result.ts'
import type { Identity, SyncReply, SyncReport } from '../loading/sync.ts'
import type { AuditRow, Verification } from '../wire/audit.ts'
import type { CommitResult } from '../wire/changes.ts'
import type { Command } from '../wire/commands.ts'
import type { EventPage } from '../wire/events.ts'
import type { ExperimentReport } from '../wire/experiments.ts'
import type { FlagCountSummary } from '../wire/flags.ts'
import type { ControlHealth, ServicesHealthReport } from '../wire/health.ts'
import type { RevisionSummary } from '../wire/history.ts'
import type { ComparedSegments, MetricPoint, ShadowDifferences } from '../wire/metrics.ts'
import type { Scope } from '../wire/scopes.ts'
import type { NewTokenBody, TokenSummary } from '../wire/tokens.ts'
import type { Answer, Caller, DeniedResult, PageQuery, Principal, RefusedResult } from './caller.ts'
import type { WindowLosses } from './counting/open-windows.ts'
import type { MetricRange, SeriesSince } from './counting/series.ts'
import type { ErrorCalls } from './errors/contract.ts'
import type { FlagCountsPage } from './flags/counts.ts'
import type { PreviewCalls } from './previews/contract.ts'
import type { CollectionCalls, FileCalls, UploadCalls } from './releases/contract.ts'
import type { RolloutCalls } from './rollouts/contract.ts'
import type { SafetyCalls } from './safety/contract.ts'
import type { ShadowCalls } from './shadow/contract.ts'
import type { WebhookCalls } from './webhooks/contract.ts'

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

/** The name of the Durable Object: there is one control. */
export const CONTROL_NAME = 'control'

/** A change of the document. It is refused if the document is no longer at `expectedRevision`. */
export type DocumentChange = {
  readonly command: Command
  readonly expectedRevision: number
  readonly reason: string | undefined
  /** Only reports what the change would do. */
  readonly dryRun: boolean
  /** Goes back below the floor of a version all the same. */
  readonly belowFloor?: boolean
  /** Goes forward although no window is open; only with a reason. */
  readonly outsideWindow?: boolean
}

/** Counts that were lost since the control was created. */
export type CountingLosses = WindowLosses & { readonly errors: number }

/** What goes with the counts of any time. */
export type CountedNow = {
  readonly losses: CountingLosses
  /** About how many visitors each environment has had in the last five minutes. */
  readonly visitors: Readonly<Record<string, number>>
  /** Of the rollouts that run. */
  readonly compared: readonly ComparedSegments[]
  /** Of the last hour; left out where nothing was compared. */
  readonly shadowDifferences?: readonly ShadowDifferences[]
}

/** A token to create. A limit or expiry that is missing is inherited from the token that creates it. */
export type NewToken = Omit<NewTokenBody, 'expiresInDays'> & {
  readonly expiresAt: number | undefined
}

/** Checks a credential and that it has a scope. */
export type Authorise = (caller: Caller, scope: Scope) => Promise<Result<Principal, DeniedResult>>

/** The calls of the control. Each one that takes a caller checks its credential and scope. */
export type ControlCalls = IsolateCalls &
  DocumentCalls &
  HealthCalls &
  UploadCalls &
  CollectionCalls &
  FileCalls &
  RolloutCalls &
  SafetyCalls &
  CountCalls &
  ErrorCalls &
  ShadowCalls &
  AccessCalls &
  PreviewCalls &
  WebhookCalls

/**
 * The control as the Worker reaches it. `fetch` takes the request of a viewer, with its caller as JSON in
 * the header `CALLER_HEADER`: a WebSocket cannot be the reply of a call.
 */
export type ControlStub = ControlCalls & {
  readonly fetch: (request: Request) => Promise<Response>
}

/** Only Workers of this account can send the control a request. */
export const CALLER_HEADER = 'holo-caller'

/** A session whose secret only this reply contains. */
export type NewSession = Principal & { readonly session: string; readonly sessionEndsAt: number }

export type IsolateCalls = {
  /** The only call that isolates make. It needs no credential, because its reply holds no secret. */
  readonly sync: (report: SyncReport) => Promise<SyncReply>
  /** Called by the cron watchdog: sets the alarm again if it was lost. Otherwise it writes nothing. */
  readonly watch: () => Promise<void>
}

export type DocumentCalls = {
  readonly change: (
    caller: Caller,
    change: DocumentChange,
  ) => Promise<Result<CommitResult, RefusedResult>>
  /** The newest document; `undefined` if there is none. */
  readonly document: (caller: Caller) => Answer<{ identity: Identity; text: string } | undefined>
  readonly revisions: (caller: Caller, page: PageQuery) => Answer<readonly RevisionSummary[]>
  readonly revision: (
    caller: Caller,
    revision: number,
  ) => Answer<(RevisionSummary & { text: string }) | undefined>
  readonly audit: (caller: Caller, page: PageQuery) => Answer<readonly AuditRow[]>
  /** Checks the whole audit chain and, if given, a copy of a published document against it. */
  readonly verify: (caller: Caller, copy: string | undefined) => Answer<Verification>
  /** Events after `after`, oldest first. Without `after`: no events, only the newest id. */
  readonly events: (caller: Caller, after: number | undefined, limit: number) => Answer<EventPage>
}

export type HealthCalls = {
  readonly health: (caller: Caller) => Answer<ControlHealth>
  readonly services: (caller: Caller) => Answer<ServicesHealthReport>
}

export type CountCalls = {
  /** Counts of a time range, oldest first. */
  readonly metrics: (
    caller: Caller,
    range: MetricRange,
  ) => Answer<CountedNow & { readonly points: readonly MetricPoint[] }>
  /** Totals since counting began. */
  readonly metricsSince: (caller: Caller) => Answer<
    CountedNow & {
      readonly series: readonly SeriesSince[]
      readonly flags: readonly FlagCountSummary[]
    }
  >
  readonly flagCounts: (caller: Caller) => Answer<FlagCountsPage>
  /** What is known of each experiment. */
  readonly experiments: (caller: Caller) => Answer<readonly ExperimentReport[]>
}

export type AccessCalls = {
  readonly authenticate: (caller: Caller) => Promise<Result<Principal, DeniedResult>>
  readonly tokens: (caller: Caller) => Answer<readonly TokenSummary[]>
  /** Only this reply contains the token itself. */
  readonly createToken: (
    caller: Caller,
    token: NewToken,
  ) => Answer<TokenSummary & { readonly token: string }>
  readonly revokeToken: (caller: Caller, id: string) => Answer<TokenSummary | undefined>
  /** Makes a session. Only this call accepts a one-time code as the credential, once. */
  readonly signIn: (caller: Caller) => Answer<NewSession>
  /** Makes a one-time code that signs in with the caller's token. */
  readonly makeCode: (
    caller: Caller,
  ) => Answer<{ readonly code: string; readonly expiresAt: number }>
  /** Ends the caller's session; or, with `everywhere`, all sessions and codes of its token. */
  readonly signOut: (caller: Caller, everywhere: boolean) => Answer<number>
}
