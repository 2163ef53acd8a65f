// Who gets what, and every way to change it: shares by slider or by typing, the version of an environment, two
// environments exchanged, the last change undone. Every change is shown before it is made.

import { signal } from '@preact/signals'
import { Button } from '../parts/button.tsx'
import { Name } from '../parts/name.tsx'
import { ShareBar } from '../parts/share-bar.tsx'
import { PageState } from '../parts/state.tsx'
import { VersionTag } from '../parts/version-tag.tsx'
import { toAmount, toPercentLabel } from '../say/format.ts'
import { findDraftFault, toDraftShares } from '../state/draft-shares.ts'
import { proposeChange } from '../state/proposal.ts'
import { environments, revisions, runningRollout, shownRevision } from '../state/site.ts'
import { type EnvironmentItem, PointDialog, SwapDialog } from './traffic-dialogs.tsx'

/** What somebody has set and not sent: percent by environment. It outlives a look at another page. */
const draft = signal<Readonly<Record<string, number>>>({})
const chosenBase = signal<string | undefined>(undefined)

/** Which dialog is open. */
const asked = signal<
  { readonly kind: 'point'; readonly name: string } | { readonly kind: 'swap' } | undefined
>(undefined)

export function TrafficPage(_: { rest: readonly string[] }) {
  const { value, failure } = environments.value
  if (!value) {
    return <PageState title="Traffic" what="the environments" failure={failure} />
  }
  return (
    <div class="page">
      <h1 class="unseen">Traffic</h1>
      <Shares list={value.environments} />
      <AskedDialog list={value.environments} />
    </div>
  )
}

function Shares({ list }: { list: readonly EnvironmentItem[] }) {
  const shared = list.filter(({ restricted }) => !restricted)
  const base =
    shared.find(({ name }) => name === chosenBase.value)?.name ??
    shared.find(({ percent }) => percent > 0)?.name
  const shares = toDraftShares(shared, draft.value, base)
  const fault = findDraftFault(shared, draft.value, base)
  const changed = shared.filter(({ name, percent }) => shares.get(name) !== percent)
  const { value: running } = runningRollout.value
  const review = () => {
    const weights = Object.fromEntries(
      changed.filter(({ name }) => name !== base).map(({ name }) => [name, shares.get(name) ?? 0]),
    )
    proposeChange({
      name: 'PUT /traffic',
      body: { weights, ...(base === undefined ? {} : { base }) },
      title: 'Shift traffic',
      confirm: 'Shift',
      done: () => {
        draft.value = {}
      },
    })
  }
  return (
    <section class="sheet traffic-form" aria-labelledby="shares-heading">
      <header class="sheet-head">
        <h2 id="shares-heading">Shares</h2>
        <div class="sheet-tools">
          <Button scope="shift" onClick={proposeUndo} isOff={(shownRevision.value ?? 0) < 2}>
            Undo last change
          </Button>
          <Button
            scope="shift"
            isOff={list.length < 2}
            onClick={() => {
              asked.value = { kind: 'swap' }
            }}
          >
            Swap two
          </Button>
        </div>
      </header>
      {running && running.flag === undefined ? (
        <p class="notice warn">
          <span>
            A rollout moves <Name text={running.environment} /> and <Name text={running.base} />.
            Shifting either of them by hand pauses it.
          </span>
        </p>
      ) : null}
      <ShareBar
        label="Shares now"
        shares={shared.map(({ name, version, percent }) => ({ name, version, percent }))}
      />
      {changed.length > 0 ? (
        <ShareBar
          label="Shares then"
          shares={shared.map(({ name, version }) => ({
            name,
            version,
            percent: shares.get(name) ?? 0,
          }))}
        />
      ) : null}
      <ul class="share-rows">
        {shared.map((environment) => (
          <ShareRow
            key={environment.name}
            environment={environment}
            share={shares.get(environment.name) ?? 0}
            isBase={environment.name === base}
          />
        ))}
      </ul>
      <footer class="sheet-foot">
        <p class={fault ? 'fault' : 'quiet'} role="status">
          {fault ?? toDraftText(changed.length)}
        </p>
        {changed.length > 0 || fault ? (
          <Button
            onClick={() => {
              draft.value = {}
            }}
          >
            Reset
          </Button>
        ) : null}
        <Button
          kind="main"
          scope="shift"
          isOff={changed.length === 0 || fault !== undefined}
          onClick={review}
        >
          Look at the change
        </Button>
      </footer>
      <Restricted list={list.filter(({ restricted }) => restricted)} />
    </section>
  )
}

function toDraftText(changed: number): string {
  return changed === 0
    ? 'Move a slider or type a number. Nothing happens before you have seen what would.'
    : `${toAmount(changed, 'share')} would change. Nothing has happened yet.`
}

function ShareRow({
  environment: { name, version, percent },
  share,
  isBase,
}: {
  environment: EnvironmentItem
  share: number
  isBase: boolean
}) {
  const typed = draft.value[name]
  const set = (value: number) => {
    draft.value = { ...draft.value, [name]: value }
  }
  const isChanged = share !== percent
  return (
    <li class={isChanged ? 'share-row changed' : 'share-row'}>
      <div class="share-name">
        <PointedName name={name} version={version} />
      </div>
      <input
        type="range"
        min={0}
        max={100}
        step={0.5}
        value={share}
        disabled={isBase}
        aria-label={`Share of ${name} in percent`}
        onInput={(event) => set(Number(event.currentTarget.value))}
      />
      <label class="share-number">
        <span class="unseen">Share of {name} in percent, typed</span>
        <input
          type="number"
          class="num"
          min={0}
          max={100}
          step={0.01}
          inputMode="decimal"
          value={isBase ? share : (typed ?? percent)}
          readOnly={isBase}
          onInput={(event) => set(event.currentTarget.valueAsNumber)}
        />
        %
      </label>
      <p class="share-was small quiet num">
        {isBase ? 'takes the rest' : isChanged ? `was ${toPercentLabel(percent)}` : ''}
        {isBase ? null : (
          <button
            type="button"
            class="as-link"
            aria-label={`let it take the rest: ${name}`}
            onClick={() => {
              const { [name]: _, ...others } = draft.value
              draft.value = others
              chosenBase.value = name
            }}
          >
            let it take the rest
          </button>
        )}
      </p>
    </li>
  )
}

/** An environment and its version, with the way to another one. */
function PointedName({ name, version }: { name: string; version: string }) {
  return (
    <>
      <strong>
        <Name text={name} />
      </strong>
      <VersionTag id={version} />
      <Button
        kind="quiet"
        scope="shift"
        label={`Point ${name} at another version`}
        onClick={() => {
          asked.value = { kind: 'point', name }
        }}
      >
        Point…
      </Button>
    </>
  )
}

function Restricted({ list }: { list: readonly EnvironmentItem[] }) {
  if (list.length === 0) return null
  return (
    <section class="restricted">
      <h3>Restricted: no share, reached by a grant</h3>
      <ul>
        {list.map(({ name, version }) => (
          <li key={name} class="share-name">
            <PointedName name={name} version={version} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function proposeUndo(): void {
  const [last, before] = revisions.value.value?.revisions ?? []
  if (!last || !before) return
  proposeChange({
    name: 'POST /rollback',
    body: { to: before.revision },
    title: `Undo revision ${last.revision}`,
    confirm: 'Undo it',
  })
}

function AskedDialog({ list }: { list: readonly EnvironmentItem[] }) {
  const open = asked.value
  const close = () => {
    asked.value = undefined
  }
  if (open?.kind === 'swap') return <SwapDialog list={list} onClose={close} />
  const environment = list.find(({ name }) => open?.kind === 'point' && name === open.name)
  return environment ? <PointDialog environment={environment} onClose={close} /> : null
}
