// Creates the parts of the control and connects them. Each part is a file of its own; control.ts
// decides who may call what.

import { getOwn } from '../core/own.ts'
import type { RefreshEnv } from '../loading/durations.ts'
import { type Access, type AccessDeps, Authority } from './access/authority.ts'
import type { AuthorityEnv } from './access/authority-settings.ts'
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
import { askOrigin } from './health/ask-origin.ts'
import { Probing, type ProbingDeps, warmVersion } from './health/probing.ts'
import { HealthRecords } from './health/records.ts'
import type { ProbeTarget } from './health/targets.ts'
import { Live, type LiveDeps } from './live/live.ts'
import { Outbox, type Subscriber } from './outbox.ts'
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
import { createFindUnfinished, createRecords, type Records } from './releases/records.ts'
import { type RetentionEnv, readRetentionSettings } from './releases/retention.ts'
import { Sampling } from './releases/sampling.ts'
import { Uploading } from './releases/uploading.ts'
import { Uploads } from './releases/uploads.ts'
import { askVersion, openVersion } from './rollouts/ask-version.ts'
import { Confirmations, type Gates } from './rollouts/confirming.ts'
import { createCountingSource } from './rollouts/counted-windows.ts'
import { Rollouts } from './rollouts/driver.ts'
import { Measuring } from './rollouts/measuring.ts'
import { RolloutReader } from './rollouts/reading.ts'
import { Smoking } from './rollouts/smoking.ts'
import type { WindowSource } from './rollouts/source.ts'
import { Stalls } from './rollouts/stalls.ts'
import { RolloutStore } from './rollouts/store.ts'
import { Freezing } from './safety/freezing.ts'
import { Safety } from './safety/safety.ts'
import { Served } from './safety/served.ts'
import { ReleaseWindows } from './safety/windows.ts'
import { Shadows } from './shadow/shadows.ts'
import { Soaks } from './shadow/soaks.ts'
import { ShadowStore } from './shadow/store.ts'
import { createTables } from './tables.ts'
import { Tasks } from './tasks.ts'
import { askWebhook, findUnaskable } from './webhooks/asking.ts'
import { Delivering } from './webhooks/delivering.ts'
import { type Fetch, pullDocument } from './webhooks/pulling.ts'
import { type Send, sendMessage } from './webhooks/send.ts'
import { WebhookStore } from './webhooks/store.ts'
import { Webhooks } from './webhooks/webhooks.ts'

/** The bindings and variables that the control uses. */
export type ControlEnv = AuthorityEnv &
  RetentionEnv &
  RefreshEnv & {
    /** Holds the document that isolates read. */
    readonly ASSIGNMENTS: KVNamespace
    /** Blobs, manifests and version records. */
    readonly STORE: R2Bucket
    /** `true` if services may use http:// and private addresses. */
    readonly ALLOW_INSECURE_ORIGINS: string
  }

/** What a control needs besides its bindings. Tests replace these. */
export type ControlSeams = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly createAccess: (parts: AccessDeps) => Access
  readonly createRecords: (bucket: R2Bucket) => Records
  /** Which bucket the alarm samples; `undefined` for none. */
  readonly sampled: (bucket: R2Bucket) => Pick<R2Bucket, 'get'> | undefined
  /** Sends a health probe to an origin. */
  readonly askOrigin: ProbingDeps['ask']
  /** Sends one delivery to a webhook. */
  readonly sendWebhook: Send
  /** Fetches the documents of checks. */
  readonly fetch: Fetch
  readonly createSource: (counting: Counting) => WindowSource
  /** Runs a function after `ms` milliseconds, unless the object is evicted first. */
  readonly later: (run: () => unknown, ms: number) => void
  /** Who receives the events of the outbox. */
  readonly subscribers: readonly Subscriber[]
}

export type ControlParts = PublisherDeps &
  CollectingDeps & {
    readonly tasks: Tasks
    readonly outbox: Outbox
    readonly access: Access
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

const SEAMS: Omit<ControlSeams, 'askOrigin' | 'sendWebhook' | 'fetch'> = {
  now: Date.now,
  createAccess: (parts) => new Authority(parts),
  createRecords,
  sampled: (bucket) => bucket,
  createSource: createCountingSource,
  later: (run, ms) => void setTimeout(run, ms),
  subscribers: [],
}

/** Creates missing tables; writes no row if all exist. */
export function createParts(
  sockets: LiveDeps['sockets'],
  storage: DurableObjectStorage,
  env: ControlEnv,
  seams: Partial<ControlSeams>,
): ControlParts {
  const { now, createAccess, createSource, later, subscribers, ...given } = { ...SEAMS, ...seams }
  const { sql } = storage
  createTables(sql)
  const allowInsecure = env.ALLOW_INSECURE_ORIGINS === 'true'
  const history = new History(sql)
  const state = new State(sql)
  const tasks = new Tasks(storage, now)
  const outbox = new Outbox({ sql, subscribers, now, arm: () => tasks.arm() })
  const served = new Served(sql)
  const ledger = new Ledger({ storage, history, state, tasks, outbox, served, allowInsecure })
  const freezing = new Freezing({ sql, ledger, outbox, now })
  const releaseWindows = new ReleaseWindows({ sql, ledger, now })
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
  const records = given.createRecords(env.STORE)
  const isDeleting = () => deletions.isPending
  const store = new RolloutStore(sql)
  const lostFiles = new LostFiles({ storage, outbox, content: () => ledger.head?.content })
  const sampling = new Sampling({
    bucket: given.sampled(env.STORE),
    files: lostFiles,
    now,
    arm: () => tasks.arm(),
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
    arm: () => tasks.arm(),
  })
  const publisher = new Publisher(shared)
  const asking = {
    document: () => ledger.head,
    ask: given.askOrigin ?? ((target: ProbeTarget) => askOrigin(target, { bindings: env, now })),
    allowInsecure,
  }
  const telling = {
    ...shared,
    storage,
    store: new WebhookStore(sql),
    arm: () => tasks.arm(),
  }
  const send: Send = given.sendWebhook ?? ((message, ms) => sendMessage(message, ms, now))
  const delivering = new Delivering({ ...telling, send })
  const gates: Gates = {
    findProblem: (name, form) => findUnaskable(telling.store, name, form),
    ask: (name, question, ms) => askWebhook({ ...telling, send }, name, question, ms),
  }
  const stalls = new Stalls({ storage, store, outbox, now })
  const rollouts = new Rollouts({
    ...shared,
    storage,
    store,
    stalls,
    source: createSource(counting),
    served,
    later,
    gates,
    warm: (version) => warmVersion(asking, version),
  })
  const confirming = new Confirmations({
    store,
    gates,
    confirm: (id, before, by) => rollouts.confirm(id, before, by),
    now,
    arm: () => tasks.arm(),
  })
  const pull = { fetch: given.fetch ?? ((url, options) => fetch(url, options)), allowInsecure }
  const measuring = new Measuring({
    store,
    pull: (name, places, ms) => pullDocument(telling.store, name, places, ms, pull),
    compared: (pair) => shadows.compared(pair),
    measure: (id, name, measured) => rollouts.measure(id, name, measured),
    now,
    arm: () => tasks.arm(),
  })
  const reaching = { ...pull, bucket: env.STORE, bindings: env }
  const smoking = new Smoking({
    store,
    find: (version) => getOwn(ledger.head?.content.versions ?? {}, version),
    open: (version) => openVersion(version, reaching),
    ask: (version, request, ms) => askVersion(version, request, ms, reaching),
    tell: (id, generation, result) => rollouts.smoked(id, generation, result),
    now,
    arm: () => tasks.arm(),
  })
  const probing = new Probing({ ...asking, records: new HealthRecords(sql), outbox, now })
  const collecting = new Collecting(shared)
  const retiring = new Retiring({ collecting, now })
  // Everything that the alarm and the watchdog run, in this order.
  tasks.add(
    {
      name: 'rollouts',
      dueAt: () => rollouts.dueAt(),
      run: () => rollouts.run(),
      isRunning: () => rollouts.isLooking,
    },
    {
      name: 'publication',
      dueAt: () => publisher.dueAt,
      run: () => publisher.run(),
      isRunning: () => publisher.isRunning,
    },
    {
      name: 'retention',
      dueAt: () => retiring.dueAt(),
      run: () => retiring.run(),
      isRunning: () => retiring.isRunning,
    },
    {
      name: 'freeze',
      dueAt: () => freezing.dueAt(),
      run: () => freezing.run(),
      isRunning: () => false,
    },
    {
      name: 'drains',
      dueAt: () => draining.dueAt(),
      run: () => draining.run(),
      isRunning: () => false,
    },
    {
      name: 'confirmations',
      dueAt: () => confirming.dueAt(),
      run: () => confirming.run(),
      isRunning: () => confirming.isRunning,
      isSlow: true,
    },
    {
      name: 'smoke',
      dueAt: () => smoking.dueAt(),
      run: () => smoking.run(),
      isRunning: () => smoking.isRunning,
      isSlow: true,
    },
    {
      name: 'checks',
      dueAt: () => measuring.dueAt(),
      run: () => measuring.run(),
      isRunning: () => measuring.isRunning,
      isSlow: true,
    },
    {
      name: 'probes',
      dueAt: () => probing.nextDueAt(now()),
      run: () => probing.run(now()),
      isRunning: () => probing.isLooking,
      isSlow: true,
    },
    {
      name: 'files',
      dueAt: () => sampling.dueAt(),
      run: () => sampling.run(),
      isRunning: () => sampling.isRunning,
      isSlow: true,
    },
    {
      name: 'events',
      dueAt: () => outbox.dueAt(),
      run: () => outbox.run(),
      isRunning: () => outbox.isRunning,
      isSlow: true,
    },
    {
      name: 'webhooks',
      dueAt: () => delivering.dueAt(),
      run: () => delivering.run(),
      isRunning: () => delivering.isRunning,
      isSlow: true,
    },
  )
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
    rolloutReader: new RolloutReader(store, stalls),
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
    live,
    previews: new Previews({ ...shared, store: previews, outbox }),
    webhooks: new Webhooks({ ...telling, delivering }),
  }
}

/**
 * Writes the audit row and the event of a new or revoked token in the transaction that stores the
 * token.
 */
function createRecordAudit(
  ledger: Ledger,
  outbox: Outbox,
  now: () => number,
): AccessDeps['recordAudit'] {
  return (action, detail, { actor, token }, requestId, write) => {
    const entry = { at: now(), actor, token, action, detail, reason: undefined, requestId }
    return ledger.record([entry], () => {
      write()
      const { id, name, scopes = [] } = detail
      const told = { token: id, name, by: actor }
      outbox.add(
        action === 'token-create'
          ? { kind: 'token.created', ...told, scopes: [...scopes] }
          : { kind: 'token.revoked', ...told },
      )
    })
  }
}
