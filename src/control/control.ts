// The control: the one Durable Object that writes the document. This class wires its parts and checks
// who may call what; each part is a file beside this one, and contract.ts says what the calls mean.

import { DurableObject } from 'cloudflare:workers'
import type { Identity, SyncReply, SyncReport } from '../assignments/sync.ts'
import { err, ok, type Result } from '../core/result.ts'
import type { VersionRecord } from '../core/version-record.ts'
import type { Env } from '../env.ts'
import type { Access, AccessParts } from './access.ts'
import { Alarm } from './alarm.ts'
import { Authority } from './authority.ts'
import { type Author, makeChange } from './change.ts'
import { Collecting, type CollectingParts } from './collecting.ts'
import { commandSchema, SCOPE_OF_COMMAND } from './commands.ts'
import type {
  Answer,
  AuditRow,
  Caller,
  Change,
  Committed,
  ControlCalls,
  Denied,
  Health,
  NewToken,
  PageQuery,
  Refused,
  RevisionSummary,
  Verification,
} from './contract.ts'
import type { Garbage, Upload } from './contract-uploads.ts'
import { Counting } from './counting/counting.ts'
import type { MetricRange } from './counting/series.ts'
import { Deletions } from './deletions.ts'
import { Edits } from './edits.ts'
import { External, type Look } from './external.ts'
import { History } from './history.ts'
import { Known } from './known.ts'
import { Ledger } from './ledger.ts'
import { Pace } from './pace.ts'
import { Publisher, type PublisherParts } from './publisher.ts'
import { createRecords, type Records } from './records.ts'
import { readRetentionSettings } from './retention.ts'
import type { RolloutCommand, Start } from './rollouts/contract.ts'
import { createCountingSource } from './rollouts/counted-windows.ts'
import { Rollouts } from './rollouts/driver.ts'
import type { WindowSource } from './rollouts/source.ts'
import { RolloutStore } from './rollouts/store.ts'
import type { Scope } from './scopes.ts'
import { State } from './state.ts'
import { createTables } from './tables.ts'
import { createFindUnfinished } from './unfinished.ts'
import { Uploading } from './uploading.ts'
import { toUpload, Uploads } from './uploads.ts'
import { verifyChain } from './verify.ts'

/** What a control is made with besides its bindings. */
export type ControlSeams = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly createAccess: (parts: AccessParts) => Access
  readonly createRecords: (bucket: R2Bucket) => Records
  readonly createSource: (counting: Counting) => WindowSource
  /** Runs something in so many milliseconds, unless the object is evicted before. */
  readonly later: (run: () => void, ms: number) => void
}

const SEAMS: ControlSeams = {
  now: Date.now,
  createAccess: (parts) => new Authority(parts),
  createRecords,
  createSource: createCountingSource,
  later: (run, ms) => void setTimeout(run, ms),
}

type Named = Pick<Upload, 'version' | 'serial'>

export class Control extends DurableObject<Env> implements ControlCalls {
  readonly #parts: PublisherParts & CollectingParts
  readonly #alarm: Alarm
  readonly #publisher: Publisher
  readonly #external: External
  readonly #uploading: Uploading
  readonly #collecting: Collecting
  readonly #rollouts: Rollouts
  readonly #access: Access
  readonly #pace = new Pace()
  readonly #counting: Counting

  constructor(ctx: DurableObjectState, env: Env, seams: Partial<ControlSeams> = {}) {
    super(ctx, env)
    const { now, createAccess, createRecords, createSource, later } = { ...SEAMS, ...seams }
    const { storage } = ctx
    const { sql } = storage
    createTables(sql)
    const allowInsecure = env.ALLOW_INSECURE_ORIGINS === 'true'
    const history = new History(sql)
    const state = new State(sql)
    const alarm = new Alarm(storage, now)
    const ledger = new Ledger({ storage, history, state, alarm, allowInsecure })
    const kv = env.ASSIGNMENTS
    const uploads = new Uploads(sql)
    const deletions = new Deletions(sql, now)
    const records = createRecords(env.STORE)
    this.#parts = {
      ...{ kv, ledger, history, state, edits: new Edits(sql), now, allowInsecure },
      ...{ uploads, deletions, records, known: new Known(sql) },
      retention: readRetentionSettings(env),
      findUnfinished: createFindUnfinished({
        ...{ records, uploads },
        isDeleting: () => deletions.isPending,
      }),
    }
    this.#publisher = new Publisher(this.#parts)
    this.#external = new External(this.#parts)
    this.#uploading = new Uploading(this.#parts)
    this.#collecting = new Collecting(this.#parts)
    this.#counting = new Counting({ storage, now, later })
    this.#rollouts = new Rollouts({
      ...this.#parts,
      storage,
      store: new RolloutStore(sql),
      source: createSource(this.#counting),
    })
    alarm.add(() => this.#publisher.dueAt)
    alarm.add(() => this.#rollouts.dueAt())
    this.#alarm = alarm
    this.#access = createAccess({
      sql,
      env,
      now,
      recordAudit: (action, detail, { actor, token }, requestId, write) => {
        const entry = { at: now(), actor, token, action, detail, reason: undefined, requestId }
        return ledger.record([entry], write)
      },
    })
  }

  /** From memory; a look at KV that it gives reason to comes after the answer. */
  async sync(report: SyncReport): Promise<SyncReply> {
    const nextMs = this.#pace.record(this.#parts.now())
    const look = this.#external.consider(report)
    if (look) this.ctx.waitUntil(this.#noticeAfter(look))
    if (report.batch) this.#counting.receive(report.batch)
    const { collected } = this.#counting
    const brief = { nextMs, ...(collected ? { collected } : {}) }
    const { head } = this.#parts.ledger
    if (!head) return { current: undefined, text: undefined, ...brief }
    const { revision, digest, text } = head
    const has = report.held?.revision === revision && report.held.digest === digest
    return { current: { revision, digest }, text: has ? undefined : text, ...brief }
  }

  /**
   * Looks at rollouts, publishes what is due, and arms the alarm for what is next. It never throws, so
   * that the platform repeats nothing.
   */
  override async alarm(): Promise<void> {
    await this.#rollouts.run()
    await this.#publisher.run()
    // Whoever still publishes arms it afterwards.
    if (!this.#publisher.isRunning) this.#alarm.arm()
  }

  async watch(): Promise<void> {
    const isLost = await this.#alarm.isLost()
    if (isLost && !this.#publisher.isRunning && !this.#rollouts.isBusy) this.#alarm.arm()
    if (this.#publisher.isDue) return
    await this.#noticeAfter(this.#external.look())
  }

  /** A look may have adopted what concerns a rollout. */
  async #noticeAfter(look: Promise<Look>): Promise<Look> {
    const found = await look
    await this.#rollouts.notice()
    return found
  }

  async change(caller: Caller, change: Change): Promise<Result<Committed, Refused>> {
    const command = commandSchema.safeParse(change.command)
    const scope = command.success ? SCOPE_OF_COMMAND[command.data.kind] : 'admin'
    const principal = await this.#access.authorise(caller, scope)
    if (!principal.ok) return principal
    if (!command.success) {
      const problems = command.error.issues.map(({ path, message }) => ({
        path: path.join('.'),
        message,
      }))
      return err({ kind: 'invalid', problems })
    }
    if ((await this.#lookWhenEmpty()) === 'unreadable') {
      const message = 'there is no document here, and KV does not say whether it has one: try again'
      return err({ kind: 'invalid', problems: [{ path: '', message }] })
    }
    const author = { principal: principal.value, requestId: caller.requestId }
    const made = { ...change, command: command.data }
    const changed = await this.#collecting.hold(() => makeChange(this.#parts, author, made))
    if (changed.ok && changed.value.changed) await this.#rollouts.notice()
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
    return this.#answer(caller, 'read', () => verifyChain({ sql, history, state }, copy))
  }

  health(caller: Caller): Answer<Health> {
    return this.#answer(caller, 'read', () => {
      const { ledger, state, edits, now } = this.#parts
      const row = state.read()
      return {
        revision: ledger.head?.revision ?? 0,
        digest: ledger.head?.digest,
        published: row.published,
        publishError: row.publish_error ?? undefined,
        externalProblem: row.external_problem ?? undefined,
        callsPerSecond: this.#pace.callsPerSecond(now()),
        nextMs: this.#pace.nextMs(now()),
        overwritten: edits.countOverwritten(),
      }
    })
  }

  async openUpload(caller: Caller, record: VersionRecord, isRecorded: boolean) {
    const author = await this.#authorise(caller, 'publish')
    if (!author.ok) return author
    await this.#lookWhenEmpty()
    return this.#uploading.open(record, isRecorded)
  }

  upload(caller: Caller, version: string) {
    return this.#answer(caller, 'read', () => {
      const row = this.#parts.uploads.get(version)
      return row && toUpload(row)
    })
  }

  finalisedManifests(caller: Caller) {
    return this.#answer(caller, 'publish', () => this.#uploading.finalisedManifests())
  }

  async beginVerification(caller: Caller, version: string, manifest: string) {
    const author = await this.#authorise(caller, 'publish')
    return author.ok ? this.#uploading.begin(version, manifest) : author
  }

  recordVerified(caller: Caller, upload: Named, from: number, to: number) {
    return this.#answer(caller, 'publish', () => this.#uploading.advance(upload, from, to))
  }

  async finishUpload(caller: Caller, upload: Named) {
    const author = await this.#authorise(caller, 'publish')
    return author.ok ? this.#uploading.finish(upload, author.value) : author
  }

  versionUses(caller: Caller) {
    return this.#answer(caller, 'read', () => this.#collecting.uses())
  }

  protection(caller: Caller) {
    return this.#answer(caller, 'admin', () => this.#collecting.protection())
  }

  async retire(caller: Caller, dryRun: boolean) {
    const author = await this.#authorise(caller, 'admin')
    return author.ok ? this.#collecting.retire(author.value, dryRun) : author
  }

  collect(caller: Caller, garbage: Garbage) {
    return this.#answer(caller, 'admin', () => this.#collecting.collect(garbage))
  }

  async startRollout(caller: Caller, start: Start) {
    const author = await this.#authorise(caller, 'shift')
    if (!author.ok) return author
    await this.#lookWhenEmpty()
    return this.#collecting.hold(() => this.#rollouts.start(author.value, start))
  }

  async commandRollout(
    caller: Caller,
    id: number,
    command: RolloutCommand,
    reason: string | undefined,
  ) {
    const author = await this.#authorise(caller, 'shift')
    return author.ok ? this.#rollouts.command(author.value, id, command, reason) : author
  }

  rollouts(caller: Caller, page: PageQuery) {
    return this.#answer(caller, 'read', () => this.#rollouts.page(page))
  }

  rollout(caller: Caller, id: number) {
    return this.#answer(caller, 'read', () => this.#rollouts.status(id))
  }

  explainRollout(caller: Caller, id: number) {
    return this.#answer(caller, 'read', () => this.#rollouts.explain(id))
  }

  replayRollout(caller: Caller, id: number) {
    return this.#answer(caller, 'read', () => this.#rollouts.replay(id))
  }

  metrics(caller: Caller, range: MetricRange) {
    return this.#answer(caller, 'read', () => {
      const points = this.#counting.metrics(range)
      return { points, losses: this.#counting.losses }
    })
  }

  metricsSince(caller: Caller) {
    return this.#answer(caller, 'read', () => {
      const series = this.#counting.since()
      return { series, losses: this.#counting.losses }
    })
  }

  authenticate(caller: Caller) {
    return this.#access.authenticate(caller)
  }

  tokens(caller: Caller) {
    return this.#access.tokens(caller)
  }

  createToken(caller: Caller, token: NewToken) {
    return this.#access.createToken(caller, token)
  }

  revokeToken(caller: Caller, id: string) {
    return this.#access.revokeToken(caller, id)
  }

  async #authorise(caller: Caller, scope: Scope): Promise<Result<Author, Denied>> {
    const principal = await this.#access.authorise(caller, scope)
    if (!principal.ok) return principal
    return ok({ principal: principal.value, requestId: caller.requestId })
  }

  async #answer<T>(caller: Caller, scope: Scope, tell: () => T | Promise<T>): Answer<T> {
    const principal = await this.#access.authorise(caller, scope)
    return principal.ok ? ok(await tell()) : principal
  }

  /** An empty control may have been set up beside a document that people wrote by hand. */
  async #lookWhenEmpty() {
    return this.#parts.ledger.head ? 'read' : this.#external.look()
  }
}
