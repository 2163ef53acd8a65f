// The control: the one Durable Object that writes the document. This class checks who may make each
// call and passes the call on. parts.ts creates the objects that do the work; contract.ts describes the
// calls.

import { DurableObject } from 'cloudflare:workers'
import { err, ok, type Result } from '../core/result.ts'
import type { VersionRecord } from '../document/version-record.ts'
import type { Identity, SyncReply, SyncReport } from '../loading/sync.ts'
import type { AuditRow, Verification } from '../wire/audit.ts'
import type { CommitResult } from '../wire/changes.ts'
import { commandSchema, SCOPE_OF_COMMAND } from '../wire/commands.ts'
import type { EventPage } from '../wire/events.ts'
import type { FreezeBody } from '../wire/freeze.ts'
import type { ControlHealth } from '../wire/health.ts'
import type { RevisionSummary } from '../wire/history.ts'
import type { NewPreviewBody } from '../wire/previews.ts'
import type { RolloutCommand } from '../wire/rollouts.ts'
import type { Scope } from '../wire/scopes.ts'
import type { KeptSoak, Soak } from '../wire/soak.ts'
import type { Windows } from '../wire/windows.ts'
import { findEnvironmentTrespass, findVersionTrespass, isLimited } from './access/token-limits.ts'
import {
  type Answer,
  CALLER_HEADER,
  type Caller,
  type ControlStub,
  type DeniedResult,
  type DocumentChange,
  type NewToken,
  type PageQuery,
  type RefusedResult,
} from './contract.ts'
import type { MetricRange } from './counting/series.ts'
import { type Author, makeChange } from './document/change.ts'
import { listFill } from './document/room.ts'
import { verifyChain } from './document/verify.ts'
import type { ErrorsQuery, MayRead } from './errors/contract.ts'
import { OneAtATime, toOwner } from './one-at-a-time.ts'
import { type ControlEnv, type ControlParts, type ControlSeams, createParts } from './parts.ts'
import type { Look } from './publishing/adopt-edits.ts'
import type { FilesFound, Garbage, Upload } from './releases/contract.ts'
import { toUpload } from './releases/uploads.ts'
import type { FlagStart, RolloutCommandOptions, Start } from './rollouts/contract.ts'
import type { ShadowsQuery } from './shadow/contract.ts'
import type { NewWebhook } from './webhooks/contract.ts'

type Named = Pick<Upload, 'version' | 'serial'>

export class Control extends DurableObject<ControlEnv> implements ControlStub {
  readonly #parts: ControlParts
  readonly #alone = new OneAtATime()

  constructor(ctx: DurableObjectState, env: ControlEnv, seams: Partial<ControlSeams> = {}) {
    super(ctx, env)
    this.#parts = createParts(ctx, ctx.storage, env, seams)
  }

  /** Replies from memory. If the report is a reason to read KV, that happens after the reply. */
  async sync(report: SyncReport): Promise<SyncReply> {
    const { pace, now, external, counting, experiments, probing, ledger, rollouts } = this.#parts
    const nextMs = pace.record(now())
    const look = external.consider(report)
    if (look) this.ctx.waitUntil(this.#noticeAfter(look))
    const { down } = probing
    if (report.batch) {
      const touched = counting.receive(report.batch)
      if (touched.length > 0) this.ctx.waitUntil(rollouts.consider(touched))
    }
    const collected = { ...counting.collected, ...experiments.collected }
    const brief = {
      nextMs,
      ...(Object.keys(collected).length > 0 ? { collected } : {}),
      ...(down.length > 0 ? { down } : {}),
    }
    const { head } = ledger
    if (!head) return { current: undefined, text: undefined, ...brief }
    const { revision, digest, text } = head
    const current = { revision, digest }
    const has = report.held?.revision === revision && report.held.digest === digest
    if (has) return { current, text: undefined, ...brief }
    const form = this.#parts.marking.markOf(head)?.form
    return { current, text, ...(form === undefined ? {} : { form }), ...brief }
  }

  /** Runs the tasks that are due. Never throws, because the platform would run the alarm again. */
  override async alarm(): Promise<void> {
    await this.#parts.tasks.run((work) => this.ctx.waitUntil(work))
  }

  async watch(): Promise<void> {
    const { tasks, publisher, external, live } = this.#parts
    await tasks.rearm()
    await live.check()
    if (publisher.isDue) return
    await this.#noticeAfter(external.look())
  }

  /** Reading KV may have adopted an edit of an environment that a rollout uses. */
  async #noticeAfter(look: Promise<Look>): Promise<Look> {
    const found = await look
    await this.#parts.rollouts.notice()
    return found
  }

  async change(
    caller: Caller,
    change: DocumentChange,
  ): Promise<Result<CommitResult, RefusedResult>> {
    const command = commandSchema.safeParse(change.command)
    const scope = command.success ? SCOPE_OF_COMMAND[command.data.kind] : 'admin'
    const principal = await this.#parts.access.authorise(caller, scope)
    if (!principal.ok) return principal
    if (!command.success) {
      const problems = command.error.issues.map(({ path, message }) => ({
        path: path.join('.'),
        message,
      }))
      return err({ kind: 'invalid', problems })
    }
    if ((await this.#lookWhenEmpty()) === 'unreadable') {
      const message =
        'the control has no document yet, and KV could not be read to see if it has one: try again'
      return err({ kind: 'invalid', problems: [{ path: '', message }] })
    }
    const author = { principal: principal.value, requestId: caller.requestId }
    const made = { ...change, command: command.data }
    if (command.data.kind === 'replace' && isLimited(principal.value.limits ?? {})) {
      const why = 'the token is limited, and this command replaces the whole document'
      return err({ kind: 'denied', denial: 'forbidden', why })
    }
    const changed = await this.#parts.collecting.hold(() => makeChange(this.#parts, author, made))
    if (changed.ok && changed.value.changed) await this.#parts.rollouts.notice()
    return changed
  }

  async document(caller: Caller): Answer<{ identity: Identity; text: string } | undefined> {
    return this.#answer(caller, 'read', async () => {
      await this.#lookWhenEmpty()
      const { head } = this.#parts.ledger
      if (!head) return undefined
      const { revision, digest, text } = head
      return { identity: { revision, digest }, text }
    })
  }

  revisions(caller: Caller, page: PageQuery): Answer<readonly RevisionSummary[]> {
    return this.#answer(caller, 'read', () => this.#parts.history.page(page))
  }

  revision(
    caller: Caller,
    revision: number,
  ): Answer<(RevisionSummary & { text: string }) | undefined> {
    return this.#answer(caller, 'read', () => {
      const { history } = this.#parts
      const summary = history.summary(revision)
      const row = history.row(revision)
      return summary && row && { ...summary, text: row.text }
    })
  }

  audit(caller: Caller, page: PageQuery): Answer<readonly AuditRow[]> {
    return this.#answer(caller, 'read', () => this.#parts.ledger.auditPage(page))
  }

  verify(caller: Caller, copy: string | undefined): Answer<Verification> {
    const { history, state } = this.#parts
    const { sql } = this.ctx.storage
    return this.#answerAlone(caller, 'verify', () => verifyChain({ sql, history, state }, copy))
  }

  events(caller: Caller, after: number | undefined, limit: number): Answer<EventPage> {
    const { outbox } = this.#parts
    return this.#answer(caller, 'read', () => outbox.page(after, limit))
  }

  health(caller: Caller): Answer<ControlHealth> {
    return this.#answer(caller, 'read', () => {
      const { ledger, state, edits, pace, now, freezing, releaseWindows, lostFiles } = this.#parts
      const windows = releaseWindows.report()
      const row = state.read()
      return {
        revision: ledger.head?.revision ?? 0,
        digest: ledger.head?.digest,
        published: row.published,
        publishError: row.publish_error ?? undefined,
        externalProblem: row.external_problem ?? undefined,
        callsPerSecond: pace.callsPerSecond(now()),
        nextMs: pace.nextMs(now()),
        overwritten: edits.countOverwritten(),
        fill: listFill(ledger.head, ledger.databaseBytes),
        lost: lostFiles.summary(),
        freeze: freezing.current(),
        windows: windows.windows.length === 0 ? undefined : windows,
      }
    })
  }

  services(caller: Caller) {
    const { probing, now } = this.#parts
    return this.#answer(caller, 'read', () => probing.report(now()))
  }

  async openUpload(caller: Caller, record: VersionRecord, isRecorded: boolean) {
    const author = await this.#authoriseVersion(caller, record.id)
    if (!author.ok) return author
    await this.#lookWhenEmpty()
    return this.#parts.uploading.open(record, isRecorded, author.value)
  }

  upload(caller: Caller, version: string) {
    return this.#answer(caller, 'read', () => {
      const row = this.#parts.uploading.get(version)
      return row && toUpload(row)
    })
  }

  async abortUpload(caller: Caller, version: string) {
    const author = await this.#authoriseVersion(caller, version)
    return author.ok ? this.#parts.uploading.abort(version, author.value) : author
  }

  finalisedManifests(caller: Caller) {
    return this.#answer(caller, 'publish', () => this.#parts.uploading.finalisedManifests())
  }

  async beginVerification(caller: Caller, version: string, manifest: string) {
    const author = await this.#authoriseVersion(caller, version)
    return author.ok ? this.#parts.uploading.begin(version, manifest) : author
  }

  async recordVerified(caller: Caller, upload: Named, from: number, to: number) {
    const author = await this.#authoriseVersion(caller, upload.version)
    return author.ok ? ok(this.#parts.uploading.advance(upload, from, to)) : author
  }

  async finishUpload(caller: Caller, upload: Named) {
    const author = await this.#authoriseVersion(caller, upload.version)
    return author.ok ? this.#parts.uploading.finish(upload, author.value) : author
  }

  versionUses(caller: Caller) {
    const { collecting, draining } = this.#parts
    return this.#answer(caller, 'read', () => {
      const uses = collecting.uses()
      const drains = draining.report()
      return uses.flatMap((use) => {
        const drain = drains.get(use.version)
        return drain ? [{ ...use, drain }] : []
      })
    })
  }

  filesToCheck(caller: Caller) {
    return this.#answer(caller, 'read', () => this.#parts.lostFiles.toCheck())
  }

  lostFiles(caller: Caller) {
    return this.#answer(caller, 'publish', () => this.#parts.lostFiles.list())
  }

  recordFiles(caller: Caller, found: FilesFound) {
    return this.#answer(caller, 'read', () => this.#parts.lostFiles.record(found))
  }

  protection(caller: Caller) {
    return this.#answer(caller, 'admin', () => this.#parts.collecting.protection())
  }

  async retire(caller: Caller, dryRun: boolean) {
    const author = await this.#authoriseUnlimited(caller, 'admin')
    return author.ok ? this.#parts.collecting.retire(author.value, dryRun) : author
  }

  async collect(caller: Caller, garbage: Garbage) {
    const author = await this.#authoriseUnlimited(caller, 'admin')
    return author.ok ? ok(await this.#parts.collecting.collect(garbage)) : author
  }

  async startRollout(caller: Caller, start: Start | FlagStart) {
    const author = await this.#authorise(caller, 'shift')
    if (!author.ok) return author
    await this.#lookWhenEmpty()
    return this.#parts.collecting.hold(() => this.#parts.rollouts.start(author.value, start))
  }

  async commandRollout(
    caller: Caller,
    id: number,
    command: RolloutCommand,
    options: RolloutCommandOptions = {},
  ) {
    const author = await this.#authorise(caller, 'shift')
    if (!author.ok) return author
    return this.#parts.rollouts.command(author.value, id, command, options)
  }

  readFreeze(caller: Caller) {
    const { freezing } = this.#parts
    return this.#answer(caller, 'read', () => ({ freeze: freezing.current() }))
  }

  async freeze(caller: Caller, asked: FreezeBody) {
    const author = await this.#authoriseUnlimited(caller, 'shift')
    if (!author.ok) return author
    await this.#parts.freezing.begin(author.value, asked)
    return this.readFreeze(caller)
  }

  async unfreeze(caller: Caller, reason: string | undefined) {
    const author = await this.#authoriseUnlimited(caller, 'shift')
    if (!author.ok) return author
    await this.#parts.freezing.end(author.value, reason)
    return this.readFreeze(caller)
  }

  readWindows(caller: Caller) {
    return this.#answer(caller, 'read', () => this.#parts.releaseWindows.report())
  }

  async setWindows(caller: Caller, settings: Windows, reason: string | undefined) {
    const author = await this.#authoriseUnlimited(caller, 'shift')
    if (!author.ok) return author
    await this.#parts.releaseWindows.write(author.value, settings, reason)
    return this.readWindows(caller)
  }

  rollouts(caller: Caller, page: PageQuery) {
    return this.#answer(caller, 'read', () => this.#parts.rolloutReader.page(page))
  }

  rollout(caller: Caller, id: number) {
    return this.#answer(caller, 'read', () => this.#parts.rolloutReader.status(id))
  }

  explainRollout(caller: Caller, id: number) {
    return this.#answer(caller, 'read', () => this.#parts.rolloutReader.explain(id))
  }

  rolloutEvents(caller: Caller, id: number, cursor: string | undefined) {
    return this.#answer(caller, 'read', () => this.#parts.rolloutReader.events(id, cursor))
  }

  metrics(caller: Caller, range: MetricRange) {
    const { counting } = this.#parts
    return this.#answer(caller, 'read', () => {
      const points = counting.metrics(range)
      return { points, ...this.#countedNow() }
    })
  }

  metricsSince(caller: Caller) {
    const { counting } = this.#parts
    return this.#answer(caller, 'read', () => {
      const series = counting.since()
      const flags = this.#parts.flagCounts.page().counts
      return { series, flags, ...this.#countedNow() }
    })
  }

  experiments(caller: Caller) {
    return this.#answer(caller, 'read', () => this.#parts.experiments.report())
  }

  #countedNow() {
    const { counting, rolloutReader, shadows } = this.#parts
    const differences = shadows.differences()
    return {
      losses: counting.losses,
      visitors: counting.visitorsNow(),
      compared: rolloutReader.segments(),
      ...(differences.length > 0 && { shadowDifferences: differences }),
    }
  }

  flagCounts(caller: Caller) {
    return this.#answer(caller, 'read', () => this.#parts.flagCounts.page())
  }

  errors(caller: Caller, query: ErrorsQuery) {
    return this.#answerWithin(caller, (mayRead) => this.#parts.errors.page(query, mayRead))
  }

  error(caller: Caller, id: string) {
    return this.#answerWithin(caller, (mayRead) => this.#parts.errors.detail(id, mayRead))
  }

  /** A limited token reads only what is between its environments. */
  shadows(caller: Caller, query: ShadowsQuery) {
    return this.#answerWithin(caller, (mayRead) => this.#parts.shadows.list(query, mayRead))
  }

  soaks(caller: Caller) {
    return this.#answerWithin(caller, (mayRead) => this.#parts.soaks.list(mayRead))
  }

  async keepSoak(caller: Caller, soak: Soak): Answer<KeptSoak> {
    const author = await this.#authoriseUnlimited(caller, 'admin')
    return author.ok ? ok(this.#parts.soaks.keep(soak)) : author
  }

  authenticate(caller: Caller) {
    return this.#parts.access.authenticate(caller)
  }

  tokens(caller: Caller) {
    return this.#parts.access.tokens(caller)
  }

  createToken(caller: Caller, token: NewToken) {
    return this.#parts.access.createToken(caller, token)
  }

  async revokeToken(caller: Caller, id: string) {
    const revoked = await this.#parts.access.revokeToken(caller, id)
    await this.#parts.live.check()
    return revoked
  }

  previews(caller: Caller) {
    return this.#answer(caller, 'read', () => this.#parts.previews.list())
  }

  async createPreview(caller: Caller, asked: NewPreviewBody) {
    const author = await this.#authorise(caller, 'shift')
    if (!author.ok) return author
    await this.#lookWhenEmpty()
    return this.#parts.previews.create(author.value, asked)
  }

  async revokePreview(caller: Caller, id: string) {
    const author = await this.#authorise(caller, 'shift')
    return author.ok ? this.#parts.previews.revoke(author.value, id) : author
  }

  async rotatePreviewKeys(caller: Caller, revokeAll: boolean) {
    const author = await this.#authoriseUnlimited(caller, 'admin')
    return author.ok ? this.#parts.previews.rotate(author.value, revokeAll) : author
  }

  webhooks(caller: Caller) {
    return this.#answer(caller, 'read', () => this.#parts.webhooks.list())
  }

  deliveries(caller: Caller, name: string) {
    return this.#answer(caller, 'read', () => this.#parts.webhooks.deliveries(name))
  }

  async addWebhook(caller: Caller, asked: NewWebhook) {
    const author = await this.#authoriseUnlimited(caller, 'admin')
    return author.ok ? this.#parts.webhooks.add(author.value, asked) : author
  }

  async removeWebhook(caller: Caller, name: string) {
    const author = await this.#authoriseUnlimited(caller, 'admin')
    return author.ok ? this.#parts.webhooks.remove(author.value, name) : author
  }

  async resumeWebhook(caller: Caller, name: string, skip: boolean) {
    const author = await this.#authoriseUnlimited(caller, 'admin')
    return author.ok ? this.#parts.webhooks.resume(author.value, name, skip) : author
  }

  async testWebhook(caller: Caller, name: string) {
    const author = await this.#authoriseUnlimited(caller, 'admin')
    return author.ok ? this.#parts.webhooks.test(author.value, name) : author
  }

  async redeliver(caller: Caller, name: string, id: number) {
    const author = await this.#authoriseUnlimited(caller, 'admin')
    return author.ok ? this.#parts.webhooks.redeliver(author.value, name, id) : author
  }

  signIn(caller: Caller) {
    return this.#parts.access.signIn(caller)
  }

  makeCode(caller: Caller) {
    return this.#parts.access.makeCode(caller)
  }

  async signOut(caller: Caller, everywhere: boolean) {
    const ended = await this.#parts.access.signOut(caller, everywhere)
    await this.#parts.live.check()
    return ended
  }

  /** The request of a viewer. A refusal is the JSON of a `DeniedResult`. */
  override async fetch(request: Request): Promise<Response> {
    const caller: Caller = JSON.parse(request.headers.get(CALLER_HEADER) ?? 'null')
    const admitted = await this.#parts.access.admit(caller)
    const opened = admitted.ok ? this.#parts.live.open(admitted.value) : undefined
    if (opened) return opened
    const denied: DeniedResult = { kind: 'denied', denial: 'too_many_viewers' }
    return Response.json(admitted.ok ? denied : admitted.error, { status: 403 })
  }

  override webSocketMessage(socket: WebSocket, message: unknown): Promise<void> {
    return this.#parts.live.receive(socket, message)
  }

  override webSocketClose(socket: WebSocket): void {
    this.#parts.live.leave(socket)
  }

  override webSocketError(socket: WebSocket): void {
    this.#parts.live.leave(socket)
  }

  async #authorise(caller: Caller, scope: Scope): Promise<Result<Author, DeniedResult>> {
    const principal = await this.#parts.access.authorise(caller, scope)
    if (!principal.ok) return principal
    return ok({ principal: principal.value, requestId: caller.requestId })
  }

  /** Checks the scope `publish`, and that the token's limits allow this version. */
  async #authoriseVersion(caller: Caller, version: string): Promise<Result<Author, DeniedResult>> {
    const author = await this.#authorise(caller, 'publish')
    if (!author.ok) return author
    const why = findVersionTrespass(author.value.principal.limits ?? {}, version)
    return why ? err({ kind: 'denied', denial: 'forbidden', why }) : author
  }

  /** Checks a scope for a call that concerns all versions: a limited token is refused. */
  async #authoriseUnlimited(caller: Caller, scope: Scope): Promise<Result<Author, DeniedResult>> {
    const author = await this.#authorise(caller, scope)
    if (!author.ok) return author
    const { limits = {} } = author.value.principal
    if (!isLimited(limits) && limits.budget === undefined) return author
    const why = 'the token is limited, and this concerns every version'
    return err({ kind: 'denied', denial: 'forbidden', why })
  }

  async #answer<T>(caller: Caller, scope: Scope, tell: () => T | Promise<T>): Answer<T> {
    const principal = await this.#parts.access.authorise(caller, scope)
    return principal.ok ? ok(await tell()) : principal
  }

  /** For what a limited token reads only of its environments. */
  async #answerWithin<T>(caller: Caller, tell: (mayRead: MayRead) => T): Answer<T> {
    const principal = await this.#parts.access.authorise(caller, 'read')
    if (!principal.ok) return principal
    const { limits = {} } = principal.value
    return ok(tell((environment) => findEnvironmentTrespass(limits, environment) === undefined))
  }

  /** For slow work: each token gets one call at a time, so that abandoned calls do not pile up. */
  async #answerAlone<T>(
    caller: Caller,
    name: string,
    tell: () => Promise<T>,
  ): Promise<Result<T, DeniedResult>> {
    const principal = await this.#parts.access.authorise(caller, 'read')
    if (!principal.ok) return principal
    const told = await this.#alone.run(name, toOwner(principal.value), tell)
    return told.ok ? told : err({ kind: 'denied', denial: 'one_at_a_time' })
  }

  /** A new control without a document reads KV: somebody may have written a document there by hand. */
  async #lookWhenEmpty() {
    return this.#parts.ledger.head ? 'read' : this.#parts.external.look()
  }
}
