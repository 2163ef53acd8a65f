// The control: the one Durable Object that writes the document. This class wires its parts and checks
// who may call what; each part is a file beside this one, and contract.ts says what the calls mean.

import { DurableObject } from 'cloudflare:workers'
import type { Identity, SyncReply, SyncReport } from '../assignments/sync.ts'
import { err, ok, type Result } from '../core/result.ts'
import type { Env } from '../env.ts'
import type { Access, AccessParts } from './access.ts'
import { Authority } from './authority.ts'
import { makeChange } from './change.ts'
import { commandSchema, SCOPE_OF_COMMAND } from './commands.ts'
import type {
  Answer,
  AuditRow,
  Caller,
  Change,
  Committed,
  ControlCalls,
  Health,
  NewToken,
  PageQuery,
  Refused,
  RevisionSummary,
  Verification,
} from './contract.ts'
import { Counting } from './counting/counting.ts'
import type { MetricRange } from './counting/series.ts'
import { Edits } from './edits.ts'
import { External } from './external.ts'
import { History } from './history.ts'
import { Ledger } from './ledger.ts'
import { OVERDUE_ALARM_MS } from './limits.ts'
import { Pace } from './pace.ts'
import { Publisher, type PublisherParts } from './publisher.ts'
import type { Scope } from './scopes.ts'
import { State } from './state.ts'
import { createTables } from './tables.ts'
import { verifyChain } from './verify.ts'

/** What a control is made with besides its bindings. */
export type ControlSeams = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly createAccess: (parts: AccessParts) => Access
  /** Runs something in so many milliseconds, unless the object is evicted before. */
  readonly later: (run: () => void, ms: number) => void
}

const SEAMS: ControlSeams = {
  now: Date.now,
  createAccess: (parts) => new Authority(parts),
  later: (run, ms) => void setTimeout(run, ms),
}

export class Control extends DurableObject<Env> implements ControlCalls {
  readonly #parts: PublisherParts
  readonly #publisher: Publisher
  readonly #external: External
  readonly #access: Access
  readonly #pace = new Pace()
  readonly #counting: Counting

  constructor(ctx: DurableObjectState, env: Env, seams: Partial<ControlSeams> = {}) {
    super(ctx, env)
    const { now, createAccess, later } = { ...SEAMS, ...seams }
    const { storage } = ctx
    const { sql } = storage
    createTables(sql)
    const allowInsecure = env.ALLOW_INSECURE_ORIGINS === 'true'
    const history = new History(sql)
    const state = new State(sql)
    const ledger = new Ledger({ storage, history, state, now, allowInsecure })
    const kv = env.ASSIGNMENTS
    this.#parts = { kv, ledger, history, state, edits: new Edits(sql), now, allowInsecure }
    this.#publisher = new Publisher(this.#parts)
    this.#external = new External(this.#parts)
    this.#counting = new Counting({ storage, now, later })
    this.#access = createAccess({
      sql,
      env,
      now,
      recordAudit: (action, detail, { actor, token }, requestId, write) => {
        const entry = { at: now(), actor, token, action, detail, reason: undefined, requestId }
        return ledger.record(entry, write)
      },
    })
  }

  /** From memory; a look at KV that it gives reason to comes after the answer. */
  async sync(report: SyncReport): Promise<SyncReply> {
    const nextMs = this.#pace.record(this.#parts.now())
    const look = this.#external.consider(report)
    if (look) this.ctx.waitUntil(look)
    if (report.batch) this.#counting.receive(report.batch)
    const { collected } = this.#counting
    const brief = { nextMs, ...(collected ? { collected } : {}) }
    const { head } = this.#parts.ledger
    if (!head) return { current: undefined, text: undefined, ...brief }
    const { revision, digest, text } = head
    const has = report.held?.revision === revision && report.held.digest === digest
    return { current: { revision, digest }, text: has ? undefined : text, ...brief }
  }

  /** Publishes what is due; after that it never throws, so that the platform repeats nothing. */
  override async alarm(): Promise<void> {
    await this.#publisher.run()
  }

  async watch(): Promise<void> {
    if (this.#publisher.isDue) {
      const alarm = await this.ctx.storage.getAlarm()
      const isLost = alarm === null || alarm < this.#parts.now() - OVERDUE_ALARM_MS
      if (isLost && !this.#publisher.isRunning) this.#parts.ledger.armAlarm()
      return
    }
    await this.#external.look()
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
    return makeChange(this.#parts, author, { ...change, command: command.data })
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

  async #answer<T>(caller: Caller, scope: Scope, tell: () => T | Promise<T>): Answer<T> {
    const principal = await this.#access.authorise(caller, scope)
    return principal.ok ? ok(await tell()) : principal
  }

  /** An empty control may have been set up beside a document that people wrote by hand. */
  async #lookWhenEmpty() {
    return this.#parts.ledger.head ? 'read' : this.#external.look()
  }
}
