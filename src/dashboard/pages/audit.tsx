// Who did what, when and why. Each entry opens the exact difference that it made in the document.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type CallFailure, call, type ReplyOf } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { Differences } from '../parts/differences.tsx'
import { Name } from '../parts/name.tsx'
import { Empty, FailureBox, Loading, PageState } from '../parts/state.tsx'
import { Clock } from '../parts/time.tsx'
import { VirtualList } from '../parts/virtual-list.tsx'
import { toActionText } from '../say/actions.ts'
import { toAmount, toWholeTimeLabel } from '../say/format.ts'
import { joinNewest } from '../state/audit-rows.ts'
import type { FieldDifference } from '../state/documents.ts'
import { compareRevisions, proposeChange, readRevisionDocument } from '../state/proposal.ts'
import { toHref } from '../state/route.ts'
import { happenings, shownRevision } from '../state/site.ts'

type AuditEntry = ReplyOf<'GET /audit'>['rows'][number]

const PAGE_ROWS = '100'
const ENOUGH_FOUND = 20
/** More is read only when somebody asks for it: each hundred is a call. */
const MAX_SEARCHED_ROWS = 1000
const ROW_PX = 64

export function AuditPage({ rest: [kind, which] }: { rest: readonly string[] }) {
  if (kind === 'revision') return <RevisionPage key={which} revision={Number(which)} />
  return <AuditList />
}

function AuditList() {
  const rows = useSignal<readonly AuditEntry[] | undefined>(undefined)
  const next = useSignal<number | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  const isBusy = useSignal(false)
  const wanted = useSignal('')
  const read = async (before: number | undefined) => {
    isBusy.value = true
    const page = await call('GET /audit', {
      query: { limit: PAGE_ROWS, ...(before === undefined ? {} : { before: String(before) }) },
    })
    isBusy.value = false
    failure.value = page.ok ? undefined : page.error
    if (!page.ok) return
    const known = rows.value ?? []
    const joined = before === undefined ? joinNewest(known, page.value.rows) : undefined
    if (joined === undefined) next.value = page.value.next
    rows.value = joined ?? (before === undefined ? page.value.rows : [...known, ...page.value.rows])
  }
  // Whatever happens is a row, such as a change of the document: the newest are read again.
  useEffect(() => {
    read(undefined)
  }, [shownRevision.value, happenings.value])
  const shown = (rows.value ?? []).filter((row) => matches(row, wanted.value))
  // A search goes on in older entries by itself, until it has found a few or has read enough.
  useEffect(() => {
    const isSearching = wanted.value !== '' && shown.length < ENOUGH_FOUND
    const mayGoOn = !isBusy.value && (rows.value?.length ?? 0) < MAX_SEARCHED_ROWS
    if (isSearching && mayGoOn && next.value !== undefined && !failure.value) read(next.value)
  }, [wanted.value, rows.value, isBusy.value])
  return (
    <div class="page">
      <header class="page-head">
        <h1>Audit</h1>
        <label class="filter">
          <span class="unseen">Only entries that hold</span>
          <input
            type="search"
            placeholder="Filter by person, action, reason, name"
            value={wanted.value}
            onInput={(event) => {
              wanted.value = event.currentTarget.value
            }}
          />
        </label>
      </header>
      {failure.value ? <FailureBox failure={failure.value} /> : null}
      {rows.value === undefined ? (
        failure.value ? null : (
          <Loading what="the audit log" />
        )
      ) : (
        <div class="sheet">
          {shown.length === 0 ? (
            <Empty
              title={rows.value.length === 0 ? 'Nothing has happened yet' : 'No entry holds that'}
            />
          ) : (
            <VirtualList class="audit" rows={shown} toKey={({ seq }) => seq} rowPx={ROW_PX}>
              {(row) => <AuditItem row={row} />}
            </VirtualList>
          )}
        </div>
      )}
      {next.value === undefined ? null : (
        <div class="more">
          <Button isBusy={isBusy.value} onClick={() => read(next.value)}>
            {wanted.value === '' ? 'Older entries' : 'Search older entries'}
          </Button>
          <span class="quiet small" role="status">
            {toAmount(rows.value?.length ?? 0, 'entry', 'entries')}{' '}
            {isBusy.value ? 'so far' : 'read'}
          </span>
        </div>
      )}
    </div>
  )
}

function matches(row: AuditEntry, wanted: string): boolean {
  const text = [
    row.actor,
    row.action,
    toActionText(row.action),
    row.reason ?? '',
    JSON.stringify(row.detail ?? ''),
    row.revision === undefined ? '' : `r${row.revision}`,
  ]
    .join(' ')
    .toLowerCase()
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

function AuditItem({ row }: { row: AuditEntry }) {
  const { at, actor, action, reason, revision, detail } = row
  const text = toDetailText(detail)
  return (
    <div class="audit-item">
      <span class="num quiet audit-time">
        <Clock at={at} />
      </span>
      <div class="audit-text">
        <p>
          <Name text={actor} /> <span>{toActionText(action)}</span>
        </p>
        {reason ? (
          <p class="quiet">
            “<bdi>{reason}</bdi>”
          </p>
        ) : null}
        {text ? <code class="audit-detail small quiet">{text}</code> : null}
      </div>
      {revision === undefined ? null : (
        <a class="num audit-link" href={toHref('audit', 'revision', revision)}>
          r{revision}
          <span class="unseen">: what it changed</span>
        </a>
      )}
    </div>
  )
}

/** More of it is in the difference. */
const SHOWN_DETAIL_CHARACTERS = 240

function toDetailText(detail: unknown): string {
  if (detail === undefined || detail === null) return ''
  const { from, to } = detail as { from?: unknown; to?: unknown }
  if (typeof from === 'string' && typeof to === 'string') return `${from} → ${to}`
  const text = JSON.stringify(detail)
  if (text === '{}') return ''
  return text.length > SHOWN_DETAIL_CHARACTERS ? `${text.slice(0, SHOWN_DETAIL_CHARACTERS)}…` : text
}

function RevisionPage({ revision }: { revision: number }) {
  const summary = useSignal<ReplyOf<'GET /revisions/{revision}'> | undefined>(undefined)
  const differences = useSignal<readonly FieldDifference[] | undefined>(undefined)
  const before = useSignal<number | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  useEffect(() => {
    const load = async () => {
      const found = await call('GET /revisions/{revision}', {
        params: { revision: String(revision) },
      })
      if (!found.ok) {
        failure.value = found.error
        return
      }
      summary.value = found.value
      const earlier = await call('GET /revisions', {
        query: { before: String(revision), limit: '1' },
      })
      before.value = earlier.ok ? earlier.value.revisions[0]?.revision : undefined
      if (before.value === undefined) {
        const document = await readRevisionDocument(revision)
        differences.value = Object.entries(document ?? {}).map(([path, value]) => ({
          path,
          before: undefined,
          after: JSON.stringify(value),
        }))
        return
      }
      differences.value = await compareRevisions(before.value, revision)
    }
    load()
  }, [revision])
  if (failure.value) {
    return (
      <div class="page">
        <h1>Revision {revision}</h1>
        <FailureBox failure={failure.value} />
      </div>
    )
  }
  if (!summary.value) {
    return <PageState title={`Revision ${revision}`} what="the revision" failure={undefined} />
  }
  const { at, actor, action, reason, digest } = summary.value
  const isCurrent = revision === shownRevision.value
  return (
    <div class="page">
      <nav class="crumbs" aria-label="Where this is">
        <a href={toHref('audit')}>Audit</a> / revision <span class="num">{revision}</span>
      </nav>
      <header class="page-head">
        <h1>
          <bdi>{actor}</bdi> {toActionText(action)}
        </h1>
        {isCurrent ? (
          <span class="chip good">current</span>
        ) : (
          <Button
            scope="shift"
            onClick={() =>
              proposeChange({
                name: 'POST /rollback',
                body: { to: revision },
                title: `Go back to revision ${revision}`,
                confirm: 'Go back',
                isDanger: true,
              })
            }
          >
            Go back to this revision
          </Button>
        )}
      </header>
      <section class="sheet padded">
        <dl class="facts">
          <div>
            <dt>When</dt>
            <dd>{toWholeTimeLabel(at)}</dd>
          </div>
          {reason ? (
            <div>
              <dt>Why</dt>
              <dd>
                <bdi>{reason}</bdi>
              </dd>
            </div>
          ) : null}
          <div>
            <dt>SHA-256</dt>
            <dd>
              <code class="digest">{digest}</code>
            </dd>
          </div>
        </dl>
        <h2>
          {before.value === undefined
            ? 'What it holds'
            : `What changed since revision ${before.value}`}
        </h2>
        {differences.value === undefined ? (
          <Loading what="the difference" />
        ) : differences.value.length === 0 ? (
          <p class="quiet">Nothing but its number.</p>
        ) : (
          <Differences list={differences.value} />
        )}
      </section>
    </div>
  )
}
