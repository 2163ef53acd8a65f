// A control in a test: the class itself over real SQLite, alarms and KV, with a clock that the test
// drives, KV calls that are written down and can be made to fail, and callers who may do everything.

import { runInDurableObject } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { digestText } from '../../src/assignments/sync.ts'
import type { Access } from '../../src/control/access.ts'
import type { Command } from '../../src/control/commands.ts'
import type { Caller, Change } from '../../src/control/contract.ts'
import { Control } from '../../src/control/control.ts'
import type { Env } from '../../src/env.ts'

export const env = bindings as Env
export const namespace = (bindings as { CONTROL: DurableObjectNamespace<Control> }).CONTROL

export function toCaller(name: string): Caller {
  return {
    credential: { kind: 'token', token: name },
    requestId: `request of ${name}`,
    address: '192.0.2.1',
  }
}

export const ALICE = toCaller('alice')

/** Whoever shows a token is who it says, and may do everything. */
export function createOpenAccess(): Access {
  const authorise: Access['authorise'] = async ({ credential }) => {
    const actor = credential.kind === 'token' ? credential.token : credential.jwt
    return { ok: true, value: { actor, token: `id of ${actor}`, scopes: ['admin'] } }
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
  }
}

export function toChange(command: Command, expectedRevision: number): Change {
  return { command, expectedRevision, reason: undefined, dryRun: false }
}

export type KvCall = { readonly kind: 'get' | 'put'; readonly at: number; readonly text?: string }

/** A control and everything outside it. Each life of the control ends with the callback it was in. */
export class World {
  readonly kvCalls: KvCall[] = []
  /** Called before each KV operation; what it throws, KV throws. */
  beforeKv: (kind: KvCall['kind']) => unknown = () => undefined
  /** Called when a put has been taken, before the control hears of it. */
  afterPut: () => unknown = () => undefined
  /** Far in the future, so that no alarm runs by itself. */
  now = Date.UTC(2100, 0, 1)
  rowsWritten = 0
  readonly alarmsSet: number[] = []
  /** What runs behind the control's answers. */
  readonly work: Promise<unknown>[] = []
  readonly stub: DurableObjectStub<Control>

  /** Empties KV: all worlds of a file share it. */
  static async create(): Promise<World> {
    await env.ASSIGNMENTS.delete('assignments')
    return new World()
  }

  private constructor() {
    this.stub = namespace.getByName(crypto.randomUUID())
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
    return runInDurableObject(this.stub, async (_, state) => {
      const restore = this.#watch(state.storage)
      state.waitUntil = (work) => {
        this.work.push(work)
      }
      try {
        const control = new Control(
          state,
          { ...env, ASSIGNMENTS: this.#kv() },
          {
            now: () => this.now,
            createAccess: createOpenAccess,
          },
        )
        return await during(new Life(this, control, state))
      } finally {
        restore()
      }
    })
  }

  #kv(): KVNamespace {
    const record = async (kind: KvCall['kind'], text?: string) => {
      this.kvCalls.push({ kind, at: this.now, ...(text === undefined ? {} : { text }) })
      await this.beforeKv(kind)
    }
    return {
      get: async (key: string, options: { type: 'stream' }) => {
        await record('get')
        return env.ASSIGNMENTS.get(key, options)
      },
      put: async (key: string, text: string) => {
        await record('put', text)
        await env.ASSIGNMENTS.put(key, text)
        await this.afterPut()
      },
    } as unknown as KVNamespace
  }

  /** Counts what is billed: rows written, and alarms set. */
  #watch(storage: DurableObjectStorage): () => void {
    const { sql } = storage
    const exec = sql.exec.bind(sql) as SqlStorage['exec']
    const setAlarm = storage.setAlarm.bind(storage)
    sql.exec = ((query: string, ...values: unknown[]) => {
      const cursor = exec(query, ...values)
      this.rowsWritten += cursor.rowsWritten
      return cursor
    }) as SqlStorage['exec']
    storage.setAlarm = (time: number | Date) => {
      this.alarmsSet.push(Number(time))
      return setAlarm(time)
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

  constructor(world: World, control: Control, state: DurableObjectState) {
    this.world = world
    this.control = control
    this.state = state
  }

  /** Makes the change against the newest revision. @throws Error when it is refused. */
  async change(command: Command, caller = ALICE) {
    const revision = (await this.health()).revision
    const answer = await this.control.change(caller, toChange(command, revision))
    if (!answer.ok) throw new Error(JSON.stringify(answer.error))
    return answer.value
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
