// A control in a test: the real one over real SQLite, alarms and KV, with a clock that the test
// drives, KV calls that are written down and can be made to fail, and callers who may do everything.

import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import type { Access, RecordAudit } from '../../src/control/access/authority.ts'
import type { Caller, ControlCalls, DocumentChange } from '../../src/control/contract.ts'
import { type Control, createControl } from '../../src/control/control.ts'
import type { ControlEntry } from '../../src/control/entry.ts'
import type { ProbingDeps } from '../../src/control/health/probing.ts'
import type { Subscriber } from '../../src/control/outbox.ts'
import type { Records } from '../../src/control/releases/records.ts'
import { createCountingSource } from '../../src/control/rollouts/counted-windows.ts'
import type { WindowSource } from '../../src/control/rollouts/source.ts'
import type { Send } from '../../src/control/webhooks/send.ts'
import type { Env } from '../../src/env.ts'
import { digestText } from '../../src/loading/sync.ts'
import type { Command } from '../../src/wire/commands.ts'
import type { Limits } from '../../src/wire/tokens.ts'

/** For tests that need no records of versions: R2 takes each one, and reads of it fail. */
export const WITHOUT_RECORDS: Records = {
  read: async () => 'unavailable',
  create: async () => 'created',
  remove: async () => undefined,
}

/** A control that the platform has started. */
type Deployed = ControlEntry & ControlCalls

export const env = bindings as Env
export const namespace = (bindings as { CONTROL: DurableObjectNamespace<Deployed> }).CONTROL

export function toCaller(name: string): Caller {
  return {
    credential: { kind: 'token', token: name },
    requestId: `request of ${name}`,
    address: '192.0.2.1',
  }
}

export const ALICE = toCaller('alice')
export const BOB = toCaller('bob')

/** Whoever shows a token is who it says, and may do everything. */
export function createOpenAccess(
  asked: string[] = [],
  limits: Readonly<Record<string, Limits>> = {},
): Access {
  const authorise: Access['authorise'] = async ({ credential }, scope) => {
    asked.push(scope)
    const actor = credential.kind === 'token' ? credential.token : credential.kind
    const own = limits[actor]
    const value = { actor, token: `id of ${actor}`, scopes: ['admin' as const] }
    return { ok: true, value: { ...value, ...(own && { limits: own }) } }
  }
  const refuse = async () => {
    throw new Error('not of this test')
  }
  return {
    authorise,
    authenticate: (caller) => authorise(caller, 'read'),
    tokens: refuse,
    createToken: refuse,
    revokeToken: refuse,
    signIn: refuse,
    makeCode: refuse,
    signOut: refuse,
    admit: refuse,
    isValid: refuse,
  }
}

/** The command that points an environment at a version. */
export function point(name: string, version: string): Command {
  return { kind: 'set-environment', name, version }
}

export function toChange(command: Command, expectedRevision: number): DocumentChange {
  return { command, expectedRevision, reason: undefined, dryRun: false }
}

const unexpected = async (): Promise<never> => {
  throw new Error('not of this test')
}

/** All rows of the control's tables, by the name of the table. */
export type Tables = Readonly<Record<string, readonly Record<string, SqlStorageValue>[]>>

export type KvCall = { readonly kind: 'get' | 'put'; readonly at: number; readonly text?: string }

/** A control and everything outside it. Each life of the control ends with the callback it was in. */
export class World {
  readonly kvCalls: KvCall[] = []
  /** Called before each KV operation; what it throws, KV throws. */
  beforeKv: (kind: KvCall['kind']) => unknown = () => undefined
  /** Called before and after everything that the control does to the world. */
  onStep: (step: string, state: DurableObjectState) => void = () => undefined
  /** Far in the future, so that no alarm runs by itself. */
  now = Date.UTC(2100, 0, 1)
  rowsWritten = 0
  /** The scopes that calls have asked for. */
  readonly asked: string[] = []
  /** What the tokens of some callers are limited to. */
  limits: Readonly<Record<string, Limits>> = {}
  /** Variables of the Worker that are other than in wrangler.toml. */
  variables: Partial<Env> = {}
  /** Where the control finds what was finalised: everything, in tests of other matters. */
  records: Records = { read: async () => 'unavailable', create: unexpected, remove: unexpected }
  /** What the alarm samples; nothing when left out. */
  sampled: Pick<R2Bucket, 'get'> | undefined
  /** How origins answer probes. */
  askOrigin: ProbingDeps['ask'] = unexpected
  /** How receivers of webhooks answer. */
  sendWebhook: Send = unexpected
  /** What the sources of checks answer. */
  fetch: (url: string, options: RequestInit) => Promise<Response> = unexpected
  /** What rollouts are given to judge; what the control counted itself when left out. */
  source: WindowSource | undefined
  /** Who is told of what happens. */
  subscribers: readonly Subscriber[] = []
  /** Nothing runs by itself, until a test says otherwise; windows of counts close with the next call. */
  later: (run: () => unknown, ms: number) => void = () => undefined
  readonly alarmsSet: number[] = []
  /** What runs behind the control's answers. */
  readonly work: Promise<unknown>[] = []
  readonly #name = crypto.randomUUID()
  /** How many lives are over. */
  #lives = 0

  /** Empties KV: all worlds of a file share it. */
  static async create(): Promise<World> {
    await env.ASSIGNMENTS.delete('assignments')
    return new World()
  }

  /** Another control that has these rows, and the same KV. */
  static async recover(tables: Tables, now: number): Promise<World> {
    const world = new World()
    world.now = now
    await runInDurableObject(world.stub, (_, state) => {
      // It creates the tables.
      createControl(state, env)
      const { storage } = state
      for (const [table, rows] of Object.entries(tables)) {
        for (const row of rows) {
          const names = Object.keys(row)
          storage.sql.exec(
            `INSERT OR REPLACE INTO ${table} (${names.join()}) VALUES (${names.map(() => '?').join()})`,
            ...Object.values(row),
          )
        }
      }
    })
    await evictDurableObject(world.stub)
    return world
  }

  /** Always a new one: a stub does not outlive the life of its object. */
  get stub(): DurableObjectStub<Deployed> {
    return namespace.getByName(this.#name)
  }

  get puts(): KvCall[] {
    return this.kvCalls.filter(({ kind }) => kind === 'put')
  }

  /** What KV holds. */
  read(): Promise<string | null> {
    return env.ASSIGNMENTS.get('assignments')
  }

  write(document: object | string): Promise<void> {
    const text = typeof document === 'string' ? document : JSON.stringify(document)
    return env.ASSIGNMENTS.put('assignments', text)
  }

  /** One life of the control; the next one starts from what is stored. */
  async live<T>(during: (life: Life) => Promise<T>): Promise<T> {
    try {
      return await this.#live(during)
    } finally {
      this.#lives++
      await evictDurableObject(this.stub).catch(() => undefined)
    }
  }

  #live<T>(during: (life: Life) => Promise<T>): Promise<T> {
    return runInDurableObject(this.stub, async (_, state) => {
      const step = (name: string) => this.onStep(name, state)
      const life = this.#lives
      const restore = this.#watch(state.storage, step)
      state.waitUntil = (work) => {
        this.work.push(work)
      }
      try {
        let record: RecordAudit | undefined
        const control = createControl(
          state,
          { ...env, ...this.variables, ASSIGNMENTS: this.#kv(step) },
          {
            now: () => this.now,
            createRecords: () => this.records,
            sampled: () => this.sampled,
            askOrigin: (target) => this.askOrigin(target),
            fetch: (url, options) => this.fetch(url, options),
            sendWebhook: async (message, ms) => {
              // As the platform holds back a request until what was written before is stored.
              await state.storage.sync()
              // What is left of a killed control in this process reaches nobody.
              if (life !== this.#lives) throw new Error('killed')
              step('before sending')
              const result = await this.sendWebhook(message, ms)
              step('after sending')
              return result
            },
            createSource: (counting) => this.source ?? createCountingSource(counting),
            later: (run, ms) => this.later(run, ms),
            subscribers: this.subscribers,
            createAccess: ({ recordAudit }) => {
              record = recordAudit
              return createOpenAccess(this.asked, this.limits)
            },
          },
        )
        if (!record) throw new Error('nobody was given the audit log')
        return await during(new Life(this, control, state, record))
      } finally {
        restore()
      }
    })
  }

  #kv(step: (name: string) => void): KVNamespace {
    const record = async (kind: KvCall['kind'], text?: string) => {
      step(`before KV ${kind}`)
      this.kvCalls.push({ kind, at: this.now, ...(text === undefined ? {} : { text }) })
      await this.beforeKv(kind)
    }
    return {
      get: async (key: string, options: { type: 'stream' }) => {
        await record('get')
        const stream = await env.ASSIGNMENTS.get(key, options)
        step('after KV get')
        return stream
      },
      put: async (key: string, text: string, options?: KVNamespacePutOptions) => {
        await record('put', text)
        await env.ASSIGNMENTS.put(key, text, options)
        step('after KV put')
      },
    } as unknown as KVNamespace
  }

  /** Counts what is billed: rows written, and alarms set. */
  #watch(storage: DurableObjectStorage, step: (name: string) => void): () => void {
    const { sql } = storage
    const exec = sql.exec.bind(sql) as SqlStorage['exec']
    const setAlarm = storage.setAlarm.bind(storage)
    sql.exec = ((query: string, ...values: unknown[]) => {
      if (query.startsWith('SELECT')) return exec(query, ...values)
      const statement = query.trim().split(/\s+/).slice(0, 3).join(' ')
      step(`before ${statement}`)
      const cursor = exec(query, ...values)
      this.rowsWritten += cursor.rowsWritten
      step(`after ${statement}`)
      return cursor
    }) as SqlStorage['exec']
    storage.setAlarm = async (time: number | Date) => {
      step('before setAlarm')
      this.alarmsSet.push(Number(time))
      const done = setAlarm(time)
      step('after setAlarm')
      await done
    }
    return () => {
      sql.exec = exec
      storage.setAlarm = setAlarm
    }
  }
}

/** A control that runs, and its state. */
export class Life {
  readonly world: World
  readonly control: Control
  readonly state: DurableObjectState
  /** What whoever proves credentials writes to the audit log with. */
  readonly record: RecordAudit

  constructor(world: World, control: Control, state: DurableObjectState, record: RecordAudit) {
    this.world = world
    this.control = control
    this.state = state
    this.record = record
  }

  /** Makes the change against the newest revision. @throws Error when it is refused. */
  async change(command: Command, caller = ALICE) {
    const revision = (await this.health()).revision
    const answer = await this.control.change(caller, toChange(command, revision))
    if (!answer.ok) throw new Error(JSON.stringify(answer.error))
    return answer.value
  }

  dump(): Tables {
    const { sql } = this.state.storage
    const names = sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    )
    return Object.fromEntries(
      [...names].map(({ name }) => [name, [...sql.exec(`SELECT * FROM ${name}`)]]),
    )
  }

  async health() {
    const answer = await this.control.health(ALICE)
    if (!answer.ok) throw new Error('denied')
    return answer.value
  }

  async document() {
    const answer = await this.control.document(ALICE)
    if (!answer.ok) throw new Error('denied')
    return answer.value
  }

  /** All events that are kept after `after`, oldest first. */
  async events(after = 0, limit = 100) {
    const answer = await this.control.events(ALICE, after, limit)
    if (!answer.ok) throw new Error('denied')
    return answer.value
  }

  async verify(copy?: string) {
    const answer = await this.control.verify(ALICE, copy)
    if (!answer.ok) throw new Error('denied')
    return answer.value
  }

  /** Newest first. */
  async actions(): Promise<string[]> {
    const answer = await this.control.audit(ALICE, { before: undefined, limit: 200 })
    if (!answer.ok) throw new Error('denied')
    return answer.value.map(({ action }) => action)
  }

  /** The call of an isolate that holds one text and had the other from KV, and all that follows. */
  async report(held: string | undefined, kv = held) {
    const reply = await this.control.sync({ held: await identify(held), kv: await identify(kv) })
    await this.settle()
    return reply
  }

  /** Runs the alarm as the platform would, when its time comes. Whether there was one. */
  async runAlarm(): Promise<boolean> {
    const time = await this.state.storage.getAlarm()
    if (time === null) return false
    this.world.now = Math.max(this.world.now, time)
    await this.state.storage.deleteAlarm()
    await this.control.alarm()
    return true
  }

  /** Runs alarms until there are none; how many there were. */
  async runAlarms(atMost = 20): Promise<number> {
    let runs = 0
    while (runs < atMost && (await this.runAlarm())) runs++
    return runs
  }

  /** Waits for what runs behind the answers. */
  async settle(): Promise<void> {
    while (this.world.work.length > 0) await this.world.work.shift()
  }
}

export async function identify(text: string | undefined) {
  if (text === undefined) return undefined
  return { revision: JSON.parse(text).revision as number, digest: await digestText(text) }
}
