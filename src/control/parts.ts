// Makes the parts of the control and joins them: each is a file beside this one. Who may call what is
// control.ts' affair.

import type { Env } from '../env.ts'
import type { Access, AccessParts } from './access.ts'
import { Alarm } from './alarm.ts'
import { Authority } from './authority.ts'
import { Collecting, type CollectingParts } from './collecting.ts'
import { Counting } from './counting/counting.ts'
import { Deletions } from './deletions.ts'
import { Edits } from './edits.ts'
import { External } from './external.ts'
import { askOrigin } from './health/ask-origin.ts'
import { Probing, type ProbingParts } from './health/probing.ts'
import { HealthRecords } from './health/records.ts'
import { History } from './history.ts'
import { Known } from './known.ts'
import { Ledger } from './ledger.ts'
import { Pace } from './pace.ts'
import { Publisher, type PublisherParts } from './publisher.ts'
import { createRecords, type Records } from './records.ts'
import { readRetentionSettings } from './retention.ts'
import { Retiring } from './retiring.ts'
import { createCountingSource } from './rollouts/counted-windows.ts'
import { Rollouts } from './rollouts/driver.ts'
import type { WindowSource } from './rollouts/source.ts'
import { RolloutStore } from './rollouts/store.ts'
import { State } from './state.ts'
import { createTables } from './tables.ts'
import { createFindUnfinished } from './unfinished.ts'
import { Uploading } from './uploading.ts'
import { Uploads } from './uploads.ts'

/** What a control is made with besides its bindings. */
export type ControlSeams = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly createAccess: (parts: AccessParts) => Access
  readonly createRecords: (bucket: R2Bucket) => Records
  /** Asks an origin whether it is well. */
  readonly askOrigin: ProbingParts['ask']
  readonly createSource: (counting: Counting) => WindowSource
  /** Runs something in so many milliseconds, unless the object is evicted before. */
  readonly later: (run: () => void, ms: number) => void
}

export type ControlParts = PublisherParts &
  CollectingParts & {
    readonly alarm: Alarm
    readonly access: Access
    readonly pace: Pace
    readonly publisher: Publisher
    readonly external: External
    readonly uploading: Uploading
    readonly collecting: Collecting
    readonly retiring: Retiring
    readonly counting: Counting
    readonly rollouts: Rollouts
    readonly probing: Probing
  }

const SEAMS: Omit<ControlSeams, 'askOrigin'> = {
  now: Date.now,
  createAccess: (parts) => new Authority(parts),
  createRecords,
  createSource: createCountingSource,
  later: (run, ms) => void setTimeout(run, ms),
}

/** Makes the tables that do not exist yet, and writes no row where all do. */
export function createParts(
  storage: DurableObjectStorage,
  env: Env,
  seams: Partial<ControlSeams>,
): ControlParts {
  const { now, createAccess, createSource, later, ...given } = { ...SEAMS, ...seams }
  const { sql } = storage
  createTables(sql)
  const allowInsecure = env.ALLOW_INSECURE_ORIGINS === 'true'
  const history = new History(sql)
  const state = new State(sql)
  const alarm = new Alarm(storage, now)
  const ledger = new Ledger({ storage, history, state, alarm, allowInsecure })
  const uploads = new Uploads(sql)
  const deletions = new Deletions(sql, now)
  const records = given.createRecords(env.STORE)
  const isDeleting = () => deletions.isPending
  const shared: PublisherParts & CollectingParts = {
    ...{ kv: env.ASSIGNMENTS, ledger, history, state, edits: new Edits(sql), now, allowInsecure },
    ...{ uploads, deletions, records, known: new Known(sql) },
    retention: readRetentionSettings(env),
    findUnfinished: createFindUnfinished({ records, uploads, isDeleting }),
  }
  const counting = new Counting({ storage, now, later })
  const publisher = new Publisher(shared)
  const rollouts = new Rollouts({
    ...shared,
    ...{ storage, store: new RolloutStore(sql), source: createSource(counting) },
  })
  const probing = new Probing({
    ...{ records: new HealthRecords(sql), document: () => ledger.head, now, allowInsecure },
    ask: given.askOrigin ?? ((target) => askOrigin(target, { bindings: env, now })),
  })
  alarm.add(() => publisher.dueAt)
  alarm.add(() => rollouts.dueAt())
  alarm.add(() => probing.nextDueAt(now()))
  const collecting = new Collecting(shared)
  const retiring = new Retiring({ collecting, now })
  alarm.add(() => retiring.dueAt())
  return {
    ...shared,
    ...{ alarm, counting, publisher, rollouts, probing, pace: new Pace() },
    external: new External(shared),
    uploading: new Uploading(shared),
    ...{ collecting, retiring },
    access: createAccess({ sql, env, now, recordAudit: createRecordAudit(ledger, now) }),
  }
}

function createRecordAudit(ledger: Ledger, now: () => number): AccessParts['recordAudit'] {
  return (action, detail, { actor, token }, requestId, write) => {
    const entry = { at: now(), actor, token, action, detail, reason: undefined, requestId }
    return ledger.record([entry], write)
  }
}
