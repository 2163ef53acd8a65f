// Which versions are drained, so that their backends may be switched off, and the event that says so once.
// core/drain.ts decides; the times of requests come from counting, those of pointers from the history.

import {
  DRAIN_QUIET_MS,
  type Drainable,
  type DrainDecision,
  decideDrain,
  type Lead,
  listSharing,
} from '../../core/drain.ts'
import type { Drain } from '../../wire/versions.ts'
import type { Counting } from '../counting/counting.ts'
import type { VersionRequests } from '../counting/last-requests.ts'
import type { Content } from '../document/content.ts'
import type { Ledger } from '../document/ledger.ts'
import type { Outbox } from '../outbox.ts'
import type { PreviewStore } from '../previews/store.ts'
import type { LastUses } from '../releases/last-use.ts'
import { toPointed } from '../releases/last-use.ts'

/**
 * `drains`: a version that no environment points at any more. `check_at`: when to look at it next.
 * `drained_at`: when it was found to be drained, and the event was written; `null` before that, and when it
 * was asked anew.
 */
const TABLE = `
CREATE TABLE IF NOT EXISTS drains (
  version TEXT NOT NULL,
  manifest TEXT NOT NULL,
  check_at INTEGER NOT NULL,
  drained_at INTEGER,
  PRIMARY KEY (version, manifest)
) STRICT, WITHOUT ROWID;
`

/** After a failure: nothing depends on the next try. */
const RETRY_MS = 60_000

type Row = {
  readonly version: string
  readonly manifest: string
  readonly check_at: number
  readonly drained_at: number | null
}

/** A version that no environment points at any more. */
type Left = {
  readonly version: string
  readonly manifest: string
  readonly leftAt: number
  readonly row: Row | undefined
}

export type DrainingDeps = {
  readonly storage: DurableObjectStorage
  readonly ledger: Pick<Ledger, 'head'>
  readonly known: LastUses
  readonly counting: Pick<Counting, 'requestsOf'>
  readonly previews: Pick<PreviewStore, 'listValid'>
  readonly outbox: Pick<Outbox, 'add'>
  readonly now: () => number
  /** Sets the alarm for the next task. */
  readonly arm: () => void
}

export class Draining {
  readonly #deps: DrainingDeps
  /** Nothing is looked at before, because the last look failed. */
  #heldUntil = 0

  constructor(deps: DrainingDeps) {
    this.#deps = deps
    deps.storage.sql.exec(TABLE)
  }

  /**
   * When a version may be drained next; `undefined` for never. Writes nothing, and reads no counts.
   *
   * A version that was left in revisions that are not noted yet cannot be drained within an hour of the first of
   * them. They are looked at for versions that visitors had; one that only restricted environments had is found
   * when they are noted for another reason, such as `GET /versions`.
   */
  dueAt(): number | undefined {
    const { ledger, known } = this.#deps
    const content = ledger.head?.content
    if (!content) return undefined
    const unnotedAt = mayHaveLeft(content) ? known.firstUnnotedAt() : undefined
    const times = this.#listLeft(content).flatMap((left) =>
      isSettled(left) ? [] : [toCheckAt(left)],
    )
    if (unnotedAt !== undefined) times.push(unnotedAt + DRAIN_QUIET_MS)
    return times.length > 0 ? Math.max(this.#heldUntil, Math.min(...times)) : undefined
  }

  /** Looks at what is due. Never throws. */
  async run(): Promise<void> {
    const now = this.#deps.now()
    try {
      const dueAt = this.dueAt()
      const content = this.#deps.ledger.head?.content
      if (!content || dueAt === undefined || dueAt > now) return
      if (!this.#deps.known.catchUp()) return
      const leads = this.#listLeads(content)
      for (const left of this.#listLeft(content)) {
        if (!isSettled(left) && toCheckAt(left) <= now) this.#look(left, leads, content)
      }
    } catch (cause) {
      this.#heldUntil = now + RETRY_MS
      console.error('drained versions could not be found', cause)
    }
  }

  /**
   * Has to be called when versions were asked: one that was drained is not any more. Never throws.
   */
  noteAsked(versions: ReadonlySet<string>): void {
    const { storage, now, arm } = this.#deps
    try {
      const anew = this.#rows().filter(
        ({ version, drained_at }) => drained_at !== null && versions.has(version),
      )
      for (const { version, manifest } of anew) {
        storage.sql.exec(
          'UPDATE drains SET drained_at = NULL, check_at = ? WHERE version = ? AND manifest = ?',
          ...[now() + DRAIN_QUIET_MS, version, manifest],
        )
      }
      if (anew.length > 0) arm()
    } catch (cause) {
      console.error('a drained version was asked, which could not be written down', cause)
    }
  }

  /** By version of the document. `LastUses.catchUp` has to have been called. */
  report(): ReadonlyMap<string, Drain> {
    const content = this.#deps.ledger.head?.content
    if (!content) return new Map()
    const leads = this.#listLeads(content)
    const left = new Map(this.#listLeft(content).map((one) => [one.version, one]))
    const found = Object.keys(content.versions).map((version) => {
      const asked = this.#deps.counting.requestsOf(version)
      return [version, asked, this.#decide(version, left.get(version), leads, asked)] as const
    })
    const needed = found.filter(([, , { state }]) => state === 'inUse' || state === 'draining')
    return new Map(
      found.map(([version, asked, decided]) => {
        const others = needed.filter(([other]) => other !== version)
        return [
          version,
          toDrain(
            content,
            version,
            asked,
            decided,
            others.map(([id]) => id),
          ),
        ]
      }),
    )
  }

  #look(left: Left, leads: ReadonlyMap<string, Lead>, content: Content): void {
    const { storage, outbox, counting, now } = this.#deps
    const { version } = left
    const { lastRequestAt } = counting.requestsOf(version)
    const decided = this.#decide(version, left, leads, { lastRequestAt })
    if (decided.state !== 'drained') {
      this.#write(left, decided.drainedAt ?? toNextCheck(leads.get(version), now()), null)
      return
    }
    storage.transactionSync(() => {
      for (const row of this.#rows()) {
        if (content.versions[row.version]?.manifest !== row.manifest) this.#remove(row)
      }
      this.#write(left, now(), now())
      const services = content.versions[version]?.services ?? []
      outbox.add({
        kind: 'version.drained',
        version,
        services: services.map(({ prefix }) => prefix),
        why: decided.why,
        ...(lastRequestAt === undefined ? {} : { lastRequestAt }),
      })
    })
  }

  #decide(
    version: string,
    left: Left | undefined,
    leads: ReadonlyMap<string, Lead>,
    { lastRequestAt }: Pick<VersionRequests, 'lastRequestAt'>,
  ): DrainDecision {
    const told: Drainable = { lead: leads.get(version), leftAt: left?.leftAt, lastRequestAt }
    const decided = decideDrain(told, this.#deps.now())
    const since = left && isSettled(left) ? left.row?.drained_at : undefined
    return decided.state === 'drained' && since ? { ...decided, drainedAt: since } : decided
  }

  /**
   * What leads to each version; versions to which nothing leads are left out. Shares, rules, host names,
   * rollouts and fallbacks all name an environment.
   */
  #listLeads({ environments }: Content): ReadonlyMap<string, Lead> {
    const { previews, now } = this.#deps
    const leads = new Map<string, Lead>()
    for (const { versions, expiresAt } of previews.listValid(now())) {
      for (const version of versions) {
        const known = leads.get(version)
        const until = Math.max(expiresAt, known?.kind === 'preview' ? known.until : 0)
        leads.set(version, { kind: 'preview', until })
      }
    }
    const pointing = Map.groupBy(Object.entries(environments), ([, { version }]) => version)
    for (const [version, of] of pointing) {
      leads.set(version, { kind: 'environments', names: of.map(([name]) => name) })
    }
    return leads
  }

  #listLeft(content: Content): Left[] {
    const pointed = toPointed(content)
    const rows = new Map(this.#rows().map((row) => [`${row.version} ${row.manifest}`, row]))
    return this.#deps.known.rows().flatMap(({ version, manifest, left_at }) => {
      const key = `${version} ${manifest}`
      const isThere = content.versions[version]?.manifest === manifest
      if (!isThere || left_at === null || pointed.has(key)) return []
      return [{ version, manifest, leftAt: left_at, row: rows.get(key) }]
    })
  }

  #rows(): readonly Row[] {
    return [...this.#deps.storage.sql.exec<Row>('SELECT * FROM drains')]
  }

  #write({ version, manifest }: Left, checkAt: number, drainedAt: number | null): void {
    this.#deps.storage.sql.exec(
      `INSERT INTO drains (version, manifest, check_at, drained_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (version, manifest)
       DO UPDATE SET check_at = excluded.check_at, drained_at = excluded.drained_at`,
      ...[version, manifest, checkAt, drainedAt],
    )
  }

  #remove({ version, manifest }: Row): void {
    const query = 'DELETE FROM drains WHERE version = ? AND manifest = ?'
    this.#deps.storage.sql.exec(query, version, manifest)
  }
}

/** Whether visitors had a version that no environment points at now. */
function mayHaveLeft({ versions, environments }: Content): boolean {
  const pointed = new Set(Object.values(environments).map(({ version }) => version))
  return Object.entries(versions).some(
    ([version, { open }]) => open !== undefined && !pointed.has(version),
  )
}

/** Whether the event was written since an environment last pointed at the version. */
function isSettled({ row, leftAt }: Left): boolean {
  return row !== undefined && row.drained_at !== null && row.drained_at >= leftAt
}

function toCheckAt({ row, leftAt }: Left): number {
  return Math.max(leftAt + DRAIN_QUIET_MS, row?.check_at ?? 0)
}

/** A link may be revoked at any time. */
function toNextCheck(lead: Lead | undefined, now: number): number {
  const latest = now + DRAIN_QUIET_MS
  return lead?.kind === 'preview' ? Math.min(latest, lead.until) : latest
}

function toDrain(
  { versions, environments, tabPins }: Content,
  version: string,
  asked: VersionRequests,
  { state, why, drainedAt }: DrainDecision,
  others: readonly string[],
): Drain {
  const originsOf = (id: string) =>
    (versions[id]?.services ?? []).map(({ prefix, origins = [] }) => ({ prefix, origins }))
  const sharing = new Map(others.map((id) => [id, originsOf(id)]))
  // Only where all pages get the script does no name mean no tab.
  const isCounted =
    tabPins === true && Object.values(environments).every((one) => one.tabPins !== false)
  return {
    state,
    why,
    lastRequestAt: asked.lastRequestAt ?? null,
    requestsLastHour: asked.requestsLastHour,
    tabs: asked.tabs > 0 || isCounted ? asked.tabs : null,
    drainedAt: state === 'drained' ? (drainedAt ?? null) : null,
    services: originsOf(version).map((service) => {
      const { lastRequestAt, requestsLastHour = 0 } = asked.services.get(service.prefix) ?? {}
      return {
        prefix: service.prefix,
        lastRequestAt: lastRequestAt ?? null,
        requestsLastHour,
        sharedWith: listSharing(service, sharing),
      }
    }),
  }
}
