// Makes, lists and revokes signed preview links, and changes the keys that sign them. A link is no change of
// the document; a new key and a revocation are, because isolates verify links by the document alone.

import { toBase64Url } from '../../core/base64url.ts'
import { getOwn } from '../../core/own.ts'
import type { PreviewClaims } from '../../core/previews.ts'
import { err, ok, type Result } from '../../core/result.ts'
import {
  MAX_PREVIEW_KEYS,
  MAX_PREVIEWS,
  MAX_REVOKED_PREVIEWS,
  type PreviewsDocument,
} from '../../document/previews.ts'
import {
  DEFAULT_PREVIEW_S,
  type NewPreviewBody,
  newPreviewBody,
  type PreviewSummary,
} from '../../wire/previews.ts'
import { findEnvironmentTrespass, findVersionTrespass } from '../access/token-limits.ts'
import type { Principal, RefusedResult } from '../contract.ts'
import { type Author, type ChangeDeps, makeChange } from '../document/change.ts'
import type { Head } from '../document/history.ts'
import type { Outbox } from '../outbox.ts'
import type { NewPreview, RotateResult } from './contract.ts'
import { makePreviewKey, signPreview } from './keys.ts'
import type { PreviewStore, StoredPreview } from './store.ts'

/** Another change of the document may be made at the same time. */
const MAX_ATTEMPTS = 5

export type PreviewDeps = ChangeDeps & { readonly store: PreviewStore; readonly outbox: Outbox }

type Refused<T> = Promise<Result<T, RefusedResult>>
type DocumentKeys = NonNullable<PreviewsDocument['keys']>

export class Previews {
  readonly #deps: PreviewDeps

  constructor(deps: PreviewDeps) {
    this.#deps = deps
  }

  list(): readonly PreviewSummary[] {
    return this.#deps.store.list().map(toSummary)
  }

  /** Makes a link to versions and environments of the present document. */
  async create(author: Author, asked: NewPreviewBody): Refused<NewPreview> {
    const { ledger, store, now } = this.#deps
    const body = newPreviewBody.safeParse(asked)
    if (!body.success) throw new TypeError('the route checks the body of a new preview')
    const { versions = [], environments = [], forSeconds = DEFAULT_PREVIEW_S, note } = asked
    const why = findTrespassOf({ versions, environments }, author.principal)
    if (why) return err({ kind: 'denied', denial: 'forbidden', why })
    const wrong = this.#findWrong(versions, environments)
    if (wrong) return toInvalid(wrong.path, wrong.message)
    const key = await this.#loadKey(author)
    if (!key.ok) return key
    const createdAt = now()
    const claims: PreviewClaims = {
      id: makeId(),
      key: key.value.id,
      expiresAt: Math.ceil((createdAt + forSeconds * 1000) / 1000) * 1000,
      versions,
      environments,
    }
    const { actor, token: tokenId } = author.principal
    const link: StoredPreview = {
      ...claims,
      createdAt,
      createdBy: actor,
      ...(note === undefined ? {} : { note }),
    }
    const token = await signPreview(claims, key.value.key)
    const entry = {
      at: createdAt,
      actor,
      token: tokenId,
      action: 'preview-create',
      detail: toSummary(link),
      reason: undefined,
      requestId: author.requestId,
    }
    await ledger.record([entry], () => {
      store.add(link)
      this.#deps.outbox.add({ kind: 'preview.created', ...toTold(link), by: actor })
    })
    return ok({ ...toSummary(link), token })
  }

  /** Revokes a link. One that is revoked or over already is returned as it is. */
  async revoke(author: Author, id: string): Refused<PreviewSummary | undefined> {
    const { store, now } = this.#deps
    const link = store.get(id)
    if (!link) return ok(undefined)
    const why = findTrespassOf(link, author.principal)
    if (why) return err({ kind: 'denied', denial: 'forbidden', why })
    if (link.revokedAt !== undefined || link.expiresAt <= now()) return ok(toSummary(link))
    const revoked = [...store.listRevoked(now()), id]
    if (revoked.length > MAX_REVOKED_PREVIEWS) {
      return toInvalid(
        'id',
        `${MAX_REVOKED_PREVIEWS} revoked links are not over yet: end all links with new keys, by "holo previews rotate --revoke-all"`,
      )
    }
    const changed = await this.#change(author, 'preview-revoke', (head) => ({
      keys: head.content.previews?.keys,
      revoked: [...store.listRevoked(now()), id],
      detail: { id },
      also: () => this.#revokeRows(author, [link]),
    }))
    return changed.ok ? ok(store.get(id) && toSummary(store.get(id) as StoredPreview)) : changed
  }

  /** Signs with a new key from now on; with `revokeAll`, the old keys and all links end. */
  async rotate(author: Author, revokeAll: boolean): Refused<RotateResult> {
    const { store, now } = this.#deps
    const made = await makePreviewKey()
    let keys: DocumentKeys = []
    let ended: readonly StoredPreview[] = []
    const changed = await this.#change(author, 'preview-rotate', (head) => {
      const valid = store.listValid(now())
      const used = new Set(valid.map(({ key }) => key))
      const known = head.content.previews?.keys ?? []
      // A key is kept as long as a link needs it, and the newest few at most.
      const kept = revokeAll
        ? []
        : known.filter(({ id }) => used.has(id)).slice(-(MAX_PREVIEW_KEYS - 1))
      const left = new Set(kept.map(({ id }) => id))
      keys = [...kept, { id: made.id, key: made.public }]
      ended = valid.filter(({ key }) => !left.has(key))
      return {
        keys,
        // Links of keys that are gone need no revocation.
        revoked: store.listRevoked(now()).filter((id) => left.has(store.get(id)?.key ?? '')),
        detail: { key: made.id, revoked: ended.length },
        also: () => {
          store.keepKeys(
            made.id,
            made.private,
            now(),
            keys.map(({ id }) => id),
          )
          this.#revokeRows(author, ended)
        },
      }
    })
    return changed.ok ? ok({ key: made.id, keys: keys.length, revoked: ended.length }) : changed
  }

  #revokeRows({ principal: { actor } }: Author, links: readonly StoredPreview[]): void {
    const { store, outbox, now } = this.#deps
    store.revoke(
      links.map(({ id }) => id),
      now(),
      actor,
    )
    for (const link of links) outbox.add({ kind: 'preview.revoked', ...toTold(link), by: actor })
  }

  /** What of a link does not exist, or must not be shown. */
  #findWrong(
    versions: readonly string[],
    environments: readonly string[],
  ): { path: string; message: string } | undefined {
    const { ledger, store, now } = this.#deps
    const content = ledger.head?.content
    if (!content) return { path: '', message: 'nothing has been published yet' }
    for (const [i, id] of versions.entries()) {
      const path = `versions[${i}]`
      const version = getOwn(content.versions, id)
      if (!version)
        return { path, message: `there is no version "${id}": "holo versions" lists them` }
      if (version.withdrawn) return { path, message: `version "${id}" is withdrawn` }
    }
    for (const [i, name] of environments.entries()) {
      if (getOwn(content.environments, name)) continue
      return {
        path: `environments[${i}]`,
        message: `there is no environment "${name}": "holo env list" lists them`,
      }
    }
    if (store.listValid(now()).length < MAX_PREVIEWS) return undefined
    return { path: '', message: `${MAX_PREVIEWS} links count now: revoke some first` }
  }

  /** The key that signs: the newest of the document whose private part is here, else a new one. */
  async #loadKey(author: Author): Refused<{ readonly id: string; readonly key: ArrayBuffer }> {
    const { ledger, store, now } = this.#deps
    const own = this.#findKey()
    if (own) return ok(own)
    if (!ledger.head) return toInvalid('', 'nothing has been published yet')
    const made = await makePreviewKey()
    const changed = await this.#change(author, 'preview-keys', (head) => {
      const known = (head.content.previews?.keys ?? []).slice(-(MAX_PREVIEW_KEYS - 1))
      const keys = [...known, { id: made.id, key: made.public }]
      return {
        keys,
        revoked: head.content.previews?.revoked,
        detail: { key: made.id },
        also: () =>
          store.keepKeys(
            made.id,
            made.private,
            now(),
            keys.map(({ id }) => id),
          ),
      }
    })
    if (!changed.ok) return changed
    // Another call may have made one meanwhile; then the newest counts.
    return ok(this.#findKey() ?? { id: made.id, key: made.private })
  }

  #findKey(): { readonly id: string; readonly key: ArrayBuffer } | undefined {
    const { ledger, store } = this.#deps
    for (const { id } of [...(ledger.head?.content.previews?.keys ?? [])].reverse()) {
      const key = store.getKey(id)
      if (key) return { id, key }
    }
    return undefined
  }

  /** Changes keys and revocations in the document, and the tables in the same transaction. */
  async #change(
    author: Author,
    kind: 'preview-keys' | 'preview-revoke' | 'preview-rotate',
    make: (head: Head) => {
      readonly keys: DocumentKeys | undefined
      readonly revoked: readonly string[] | undefined
      readonly detail: Readonly<Record<string, unknown>>
      readonly also: () => void
    },
  ): Refused<undefined> {
    const { ledger } = this.#deps
    let last: RefusedResult = {
      kind: 'invalid',
      problems: [{ path: '', message: 'nothing has been published yet' }],
    }
    for (let attempt = 0; attempt < MAX_ATTEMPTS && ledger.head; attempt++) {
      const { keys = [], revoked = [], detail, also } = make(ledger.head)
      const changed = await makeChange(this.#deps, author, {
        command: { kind, keys, revoked, detail },
        expectedRevision: ledger.head.revision,
        reason: undefined,
        dryRun: false,
        also,
      })
      if (changed.ok) return ok(undefined)
      last = changed.error
      if (last.kind !== 'stale') break
    }
    return err(last)
  }
}

/** Why a limited token may not show these; `undefined` if it may. */
function findTrespassOf(
  { versions, environments }: Pick<PreviewSummary, 'versions' | 'environments'>,
  { limits = {} }: Principal,
): string | undefined {
  for (const id of versions) {
    const why = findVersionTrespass(limits, id)
    if (why) return why
  }
  for (const name of environments) {
    const why = findEnvironmentTrespass(limits, name)
    if (why) return why
  }
  return undefined
}

function toSummary({ key: _, ...link }: StoredPreview): PreviewSummary {
  return link
}

function toTold({ id, versions, environments, expiresAt }: StoredPreview) {
  return {
    preview: id,
    versions: [...versions],
    environments: [...environments],
    expiresAt,
  }
}

function toInvalid(path: string, message: string): Result<never, RefusedResult> {
  return err({ kind: 'invalid', problems: [{ path, message }] })
}

/** 72 random bits in base64url. */
function makeId(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(9)))
}
