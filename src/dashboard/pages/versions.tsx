// What has been published: each version with its origin, its size, who can see it, and what differs from another.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { getOwn } from '../../core/own.ts'
import { call } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { ListHead } from '../parts/list-head.tsx'
import { Name } from '../parts/name.tsx'
import { PreviewLinks } from '../parts/preview-links.tsx'
import { Empty, PageState } from '../parts/state.tsx'
import { Ago } from '../parts/time.tsx'
import { VersionComparison } from '../parts/version-comparison.tsx'
import { VersionDrain } from '../parts/version-drain.tsx'
import { VersionErrors } from '../parts/version-errors.tsx'
import { VersionTag } from '../parts/version-tag.tsx'
import { VirtualList } from '../parts/virtual-list.tsx'
import { VitalsTable } from '../parts/vitals-table.tsx'
import { toAmount, toBytesLabel, toSpanLabel } from '../say/format.ts'
import { nowMs } from '../state/clock.ts'
import { proposeChange } from '../state/proposal.ts'
import { goTo, toHref } from '../state/route.ts'
import { environments, versions } from '../state/site.ts'
import { sortByAge, type VersionItem } from '../state/versions.ts'

const ROW_PX = 44

export function VersionsPage({ rest: [id] }: { rest: readonly string[] }) {
  const { value, failure } = versions.value
  if (!value) {
    return <PageState title="Versions" what="the versions" failure={failure} />
  }
  if (id === undefined) return <VersionList list={value.versions} />
  const version = value.versions.find((one) => one.id === id)
  return version ? (
    <VersionPage key={id} version={version} list={value.versions} />
  ) : (
    <div class="page">
      <h1>Versions</h1>
      <Empty title={`There is no version ${id}`}>
        <a href={toHref('versions')}>All versions</a>
      </Empty>
    </div>
  )
}

function VersionList({ list }: { list: readonly VersionItem[] }) {
  const wanted = useSignal('')
  const shown = sortByAge(list).filter(({ id, record, environments: of }) =>
    [id, record?.commit, record?.author, ...of]
      .join(' ')
      .toLowerCase()
      .includes(wanted.value.toLowerCase()),
  )
  return (
    <div class="page">
      <ListHead
        title="Versions"
        count={list.length}
        label="Only versions that hold"
        placeholder="Filter by id, commit, author, environment"
        wanted={wanted}
      />
      <div class="sheet">
        {shown.length === 0 ? <Empty title="No version holds that" /> : null}
        <VirtualList class="version-rows" rows={shown} toKey={({ id }) => id} rowPx={ROW_PX}>
          {(version) => <VersionRow version={version} />}
        </VirtualList>
      </div>
    </div>
  )
}

function VersionRow({ version }: { version: VersionItem }) {
  const { id, record, published, environments: of, withdrawn, open } = version
  return (
    <a class="version-row" href={toHref('versions', id)}>
      <span class="version-id">
        <VersionTag id={id} />
      </span>
      <span class="version-chips">
        {of.map((name) => (
          <span key={name} class="chip">
            <Name text={name} />
          </span>
        ))}
        {withdrawn ? <span class="chip bad">withdrawn</span> : null}
        {!open && !withdrawn ? <span class="chip">never seen by visitors</span> : null}
      </span>
      <span class="quiet small version-origin">
        {record?.commit ? <Name text={record.commit.slice(0, 10)} mono /> : null}
        {record?.author ? <Name text={record.author} /> : null}
      </span>
      <span class="quiet small num version-size">
        {record ? `${toAmount(record.files, 'file')}, ${toBytesLabel(record.bytes)}` : ''}
      </span>
      <span class="quiet small num version-age">
        {published === undefined ? '' : toAge(published)}
      </span>
    </a>
  )
}

function toAge(published: string): string {
  return toSpanLabel(nowMs.value - new Date(published).getTime())
}

function VersionPage({ version, list }: { version: VersionItem; list: readonly VersionItem[] }) {
  const { id, withdrawn, environments: of, published, services, retained, lastPointedAt } = version
  // The record of a version that was not uploaded over the API is read only for one version.
  const record = useSignal(version.record)
  useEffect(() => {
    if (record.value) return
    call('GET /versions/{version}', { params: { version: id } }).then((found) => {
      if (found.ok) record.value = found.value.record
    })
  }, [id])
  const { commit, author, files, bytes } = record.value ?? {}
  const hosts = (environments.value.value?.environments ?? []).flatMap((environment) =>
    environment.version === id ? environment.hosts : [],
  )
  return (
    <div class="page">
      <nav class="crumbs" aria-label="Where this is">
        <a href={toHref('versions')}>Versions</a> /
      </nav>
      <header class="page-head">
        <h1>
          <VersionTag id={id} />
        </h1>
        <div class="sheet-tools">
          {withdrawn ? null : (
            <Button scope="shift" kind="main" onClick={() => goTo('rollouts', 'new', id)}>
              Roll it out
            </Button>
          )}
          <DrainButton id={id} />
          <Button
            scope="shift"
            kind={withdrawn ? 'plain' : 'danger'}
            isOff={!withdrawn && of.length > 0}
            onClick={() =>
              proposeChange({
                name: 'POST /withdraw',
                body: { version: id, ...(withdrawn ? { restore: true } : {}) },
                title: withdrawn ? `Restore ${id}` : `Withdraw ${id}`,
                confirm: withdrawn ? 'Restore it' : 'Withdraw it',
                isDanger: !withdrawn,
              })
            }
          >
            {withdrawn ? 'Restore' : 'Withdraw'}
          </Button>
        </div>
      </header>
      <section class="sheet padded">
        <dl class="facts">
          <Fact name="In">
            {of.length === 0
              ? 'no environment'
              : of.map((name) => (
                  <span key={name} class="chip">
                    <Name text={name} />
                  </span>
                ))}
            {withdrawn ? ' Withdrawn: nobody gets it, not even open tabs.' : ''}
            {of.length > 0 && !withdrawn ? (
              <span class="quiet small">
                {' '}
                It can be withdrawn when no environment points at it.
              </span>
            ) : null}
          </Fact>
          {hosts.length > 0 ? (
            <Fact name="Look at it">
              {hosts.map((host) => (
                <a key={host} href={`https://${host}/`} target="_blank" rel="noreferrer">
                  <bdi>{host}</bdi>
                </a>
              ))}
            </Fact>
          ) : null}
          {published === undefined ? null : (
            <Fact name="Published">
              <Ago at={new Date(published).getTime()} />
            </Fact>
          )}
          {commit ? (
            <Fact name="Commit">
              <Name text={commit} mono />
            </Fact>
          ) : null}
          {author ? (
            <Fact name="Author">
              <Name text={author} />
            </Fact>
          ) : null}
          {files === undefined || bytes === undefined ? null : (
            <Fact name="Size">
              {toAmount(files, 'file')}, {toBytesLabel(bytes)}
            </Fact>
          )}
          {services.map(({ prefix, origins = [] }) => (
            <Fact key={prefix} name={`Service ${prefix}`}>
              {origins.map((origin) => (
                <Name key={origin} text={origin} mono />
              ))}
            </Fact>
          ))}
          <Fact name="Kept">{getOwn(KEPT, retained.why) ?? retained.why}</Fact>
          {lastPointedAt === undefined ? null : (
            <Fact name="Last used">
              <Ago at={lastPointedAt} />
            </Fact>
          )}
        </dl>
      </section>
      <VersionDrain drain={version.drain} />
      <VersionErrors version={id} />
      <VitalsTable first={id} />
      <PreviewLinks version={id} isWithdrawn={withdrawn} />
      <VersionComparison version={version} list={list} />
    </div>
  )
}

/** Takes a version away from new pages: its environments have no share any more, and open tabs keep it. */
function DrainButton({ id }: { id: string }) {
  const shared = (environments.value.value?.environments ?? []).filter(({ percent }) => percent > 0)
  const its = shared.filter(({ version }) => version === id)
  const base = shared.find(({ version, restricted }) => version !== id && !restricted)
  if (its.length === 0) return null
  return (
    <Button
      scope="shift"
      isOff={base === undefined}
      onClick={() =>
        proposeChange({
          name: 'PUT /traffic',
          body: {
            weights: Object.fromEntries(its.map(({ name }) => [name, 0])),
            ...(base === undefined ? {} : { base: base.name }),
          },
          title: `Drain ${id}`,
          confirm: 'Drain it',
          isDanger: true,
        })
      }
    >
      Drain
    </Button>
  )
}

const KEPT: Readonly<Record<string, string>> = {
  'pointed-at': 'An environment points at it.',
  latest: 'It is one of the newest.',
  'lately-pointed-at': 'An environment pointed at it lately.',
  new: 'It is new.',
  nothing: 'Nothing keeps it: the next collection may delete its files.',
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>
        <bdi>{name}</bdi>
      </dt>
      <dd>{children}</dd>
    </div>
  )
}
