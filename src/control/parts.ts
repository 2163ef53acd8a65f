// Creates the parts of the control and connects them. Each part is a file of its own; the files of calls/
// decide who may call what.

import type { Access } from './access/authority.ts'
import { CallRights } from './access/call-rights.ts'
import { createRecordAudit } from './access/record-audit.ts'
import { Counting } from './counting/counting.ts'
import { History } from './document/history.ts'
import { Ledger } from './document/ledger.ts'
import { Marking } from './document/marking.ts'
import { Draining } from './drain/draining.ts'
import { ErrorGroups } from './errors/groups.ts'
import { ErrorStore } from './errors/store.ts'
import { Experiments } from './experiments/experiments.ts'
import { FlagCounts } from './flags/counts.ts'
import { FlagCountStore } from './flags/store.ts'
import { Probing, warmVersion } from './health/probing.ts'
import { HealthRecords } from './health/records.ts'
import { Live, type LiveDeps } from './live/live.ts'
import { Outbox } from './outbox.ts'
import { createPace, type Pace } from './pace.ts'
import { Previews } from './previews/previews.ts'
import { PreviewStore } from './previews/store.ts'
import { External } from './publishing/adopt-edits.ts'
import { Publisher, type PublisherDeps } from './publishing/publisher.ts'
import { Edits, State } from './publishing/state.ts'
import { Collecting, type CollectingDeps, Retiring } from './releases/collecting.ts'
import { Deletions } from './releases/deletions.ts'
import { LastUses } from './releases/last-use.ts'
import { LostFiles } from './releases/lost-files.ts'
import { createFindUnfinished } from './releases/records.ts'
import { readRetentionSettings } from './releases/retention.ts'
import { Sampling } from './releases/sampling.ts'
import { Uploading } from './releases/uploading.ts'
import { Uploads } from './releases/uploads.ts'
import { createRolloutParts } from './rollouts/create.ts'
import type { Rollouts } from './rollouts/driver.ts'
import type { RolloutReader } from './rollouts/reading.ts'
import { RolloutStore } from './rollouts/store.ts'
import { Freezing } from './safety/freezing.ts'
import { Safety } from './safety/safety.ts'
import { Served } from './safety/served.ts'
import { ReleaseWindows } from './safety/windows.ts'
import { type ControlEnv, type ControlSeams, withRealSeams } from './seams.ts'
import { Shadows } from './shadow/shadows.ts'
import { Soaks } from './shadow/soaks.ts'
import { ShadowStore } from './shadow/store.ts'
import { createTables } from './tables.ts'
import { listTasks } from './task-list.ts'
import { Tasks } from './tasks.ts'
import { Delivering } from './webhooks/delivering.ts'
import { WebhookStore } from './webhooks/store.ts'
import { Webhooks } from './webhooks/webhooks.ts'

export type ControlParts = PublisherDeps &
  CollectingDeps & {
    readonly tasks: Tasks
    readonly outbox: Outbox
    readonly access: Access
    readonly rights: CallRights
    readonly pace: Pace
    readonly publisher: Publisher
    readonly external: External
    readonly uploading: Uploading
    readonly collecting: Collecting
    readonly retiring: Retiring
    readonly lostFiles: LostFiles
    readonly counting: Counting
    readonly errors: ErrorGroups
    readonly experiments: Experiments
    readonly flagCounts: FlagCounts
    readonly shadows: Shadows
    readonly soaks: Soaks
    readonly rollouts: Rollouts
    readonly rolloutReader: RolloutReader
    readonly probing: Probing
    readonly draining: Draining
    readonly live: Live
    readonly previews: Previews
    readonly webhooks: Webhooks
    readonly freezing: Freezing
    readonly releaseWindows: ReleaseWindows
  }

/** Creates missing tables; writes no row if all exist. */
export function createParts(
  sockets: LiveDeps['sockets'],
  storage: DurableObjectStorage,
  env: ControlEnv,
  seams: Partial<ControlSeams>,
): ControlParts {
  const { now, createAccess, createRecords, sampled, createSource, later, subscribers, ...reach } =
    withRealSeams(seams, env)
  const { askOrigin, sendWebhook, fetch } = reach
  const { sql } = storage
  createTables(sql)
  const allowInsecure = env.ALLOW_INSECURE_ORIGINS === 'true'
  const history = new History(sql)
  const state = new State(sql)
  const tasks = new Tasks(storage, now)
  const arm = () => tasks.arm()
  const outbox = new Outbox({ sql, subscribers, now, arm })
  const served = new Served(sql)
  const ledger = new Ledger({ storage, history, state, tasks, outbox, served, allowInsecure })
  const freezing = new Freezing({ sql, ledger, outbox, now })
  const releaseWindows = new ReleaseWindows({ sql, ledger, outbox, now })
  const errors = new ErrorGroups({
    storage,
    store: new ErrorStore(sql),
    content: () => ledger.head?.content,
    now,
    later,
  })
  const flagCounts = new FlagCounts({ store: new FlagCountStore(sql), now, later })
  const uploads = new Uploads(sql)
  const deletions = new Deletions(sql, now)
  const records = createRecords(env.STORE)
  const isDeleting = () => deletions.isPending
  const store = new RolloutStore(sql)
  const lostFiles = new LostFiles({ storage, outbox, content: () => ledger.head?.content })
  const sampling = new Sampling({
    bucket: sampled(env.STORE),
    files: lostFiles,
    now,
    arm,
  })
  const shared: PublisherDeps & CollectingDeps = {
    kv: env.ASSIGNMENTS,
    ledger,
    history,
    state,
    outbox,
    edits: new Edits(sql),
    marking: new Marking(allowInsecure),
    now,
    allowInsecure,
    uploads,
    deletions,
    records,
    known: new LastUses(sql),
    retention: readRetentionSettings(env),
    findUnfinished: createFindUnfinished({ records, uploads, isDeleting }),
    listRunning: () => store.running(),
    safety: new Safety({ freezing, releaseWindows, served, listRunning: () => store.running() }),
    forgetErrors: (versions) => errors.forget(versions),
  }
  const access = createAccess({
    sql,
    env,
    now,
    recordAudit: createRecordAudit(ledger, outbox, now),
  })
  const live = new Live({
    sockets,
    now,
    isValid: access.isValid,
    revision: () => ledger.head?.revision ?? 0,
    outbox,
  })
  const toKey = () => crypto.randomUUID()
  const experiments = new Experiments({ storage, now, toKey, head: () => ledger.head })
  const shadows = new Shadows({
    storage,
    store: new ShadowStore(sql),
    content: () => ledger.head?.content,
    now,
    later,
  })
  const counting = new Counting({
    storage,
    now,
    later,
    toKey,
    onGroups: (groups) => experiments.receive(groups),
    onStored: (at, versions) => {
      live.tellWindow(at)
      draining.noteAsked(versions)
      sampling.noteUse()
      experiments.look()
    },
    onErrors: (groups, lost) => errors.receive(groups, lost),
    onFlags: (counts, lost) => flagCounts.receive(counts, lost),
    onShadows: (reports) => shadows.receive(reports),
  })
  const previews = new PreviewStore(sql)
  const draining = new Draining({
    ...shared,
    storage,
    counting,
    previews,
    arm,
  })
  const publisher = new Publisher(shared)
  const telling = { ...shared, storage, store: new WebhookStore(sql), send: sendWebhook, arm }
  const delivering = new Delivering(telling)
  const asking = { document: () => ledger.head, ask: askOrigin, allowInsecure }
  const rolling = createRolloutParts({
    ...shared,
    storage,
    store,
    source: createSource(counting),
    served,
    later,
    warm: (version) => warmVersion(asking, version),
    asking: telling,
    reaching: { fetch, allowInsecure, bucket: env.STORE, bindings: env },
    compared: (pair) => shadows.compared(pair),
    arm,
  })
  const { rollouts, rolloutReader } = rolling
  const probing = new Probing({ ...asking, records: new HealthRecords(sql), outbox, now })
  const collecting = new Collecting(shared)
  const retiring = new Retiring({ collecting, now })
  const others = { publisher, retiring, freezing, draining, probing, sampling, outbox, delivering }
  tasks.add(...listTasks({ ...rolling, ...others }, now))
  return {
    ...shared,
    tasks,
    counting,
    experiments,
    errors,
    flagCounts,
    shadows,
    soaks: new Soaks({ sql, now }),
    publisher,
    rollouts,
    rolloutReader,
    probing,
    draining,
    pace: createPace(env),
    external: new External(shared),
    uploading: new Uploading(shared),
    collecting,
    retiring,
    lostFiles,
    freezing,
    releaseWindows,
    access,
    rights: new CallRights(access.authorise),
    live,
    previews: new Previews({ ...shared, store: previews, outbox }),
    webhooks: new Webhooks({ ...telling, delivering }),
  }
}
