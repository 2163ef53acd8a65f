// All rollouts: the one that runs, and what became of the others. One of them, or a new one, has a page of its own.

import type { ReplyOf } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { FreezeButton } from '../parts/freeze.tsx'
import { Name } from '../parts/name.tsx'
import { OutcomeChip } from '../parts/outcome-chip.tsx'
import { QueueNote } from '../parts/queue-note.tsx'
import { Empty, PageState } from '../parts/state.tsx'
import { Ago } from '../parts/time.tsx'
import { WindowsPart } from '../parts/windows.tsx'
import { toPercentLabel, toSpanLabel } from '../say/format.ts'
import { toSentence } from '../say/sentence.ts'
import { nowMs } from '../state/clock.ts'
import { goTo, toHref } from '../state/route.ts'
import { rollouts, windowsKnown } from '../state/site.ts'
import { RolloutPage } from './rollout.tsx'
import { StartRolloutPage } from './start-rollout.tsx'

type RolloutItem = ReplyOf<'GET /rollouts'>['rollouts'][number]

export function RolloutsPage({ rest: [which, version] }: { rest: readonly string[] }) {
  if (which === 'new') return <StartRolloutPage version={version} />
  if (which !== undefined) return <RolloutPage key={which} id={Number(which)} />
  const { value, failure } = rollouts.value
  if (!value) return <PageState title="Rollouts" what="the rollouts" failure={failure} />
  return (
    <div class="page">
      <header class="page-head">
        <h1>Rollouts</h1>
        <div class="list-tools sheet-tools">
          <FreezeButton />
          <Button kind="main" scope="shift" onClick={() => goTo('rollouts', 'new')}>
            Start a rollout
          </Button>
        </div>
      </header>
      {value.rollouts.length === 0 ? (
        <div class="sheet">
          <Empty title="No release was rolled out step by step yet">
            <p>
              A rollout gives a version to few visitors first and to more as evidence comes in. It
              takes the version back by itself when it is worse.
            </p>
          </Empty>
        </div>
      ) : (
        <ul class="rollout-list">
          {value.rollouts.map((rollout) => (
            <li key={rollout.id}>
              <RolloutRow rollout={rollout} />
            </li>
          ))}
        </ul>
      )}
      {windowsKnown.value.value ? <WindowsPart known={windowsKnown.value.value} /> : null}
    </div>
  )
}

function RolloutRow({ rollout }: { rollout: RolloutItem }) {
  const { id, flag, version, baseVersion, startedAt, startedBy, endedAt, reason, weight } = rollout
  const lasted = (endedAt ?? nowMs.value) - startedAt
  return (
    <a class="sheet rollout-row" href={toHref('rollouts', id)}>
      <span class="rollout-name">
        <span class="num quiet">{id}</span>
        <Name text={version} mono />
        <span class="quiet">
          over <Name text={baseVersion} mono /> in{' '}
          <Name text={flag === undefined ? rollout.environment : `the flag ${flag}`} />
        </span>
      </span>
      <OutcomeChip rollout={rollout} />
      <span class="quiet small rollout-when">
        {endedAt === undefined ? `at ${toPercentLabel(weight)}, for ` : 'after '}
        {toSpanLabel(lasted)}, started <Ago at={startedAt} /> by <bdi>{startedBy}</bdi>
      </span>
      {reason ? <bdi class="rollout-reason">{toSentence(reason)}</bdi> : null}
      <QueueNote rollout={rollout} />
    </a>
  )
}
