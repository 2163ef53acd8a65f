// How the site is at this moment: a sentence with the one button that fits, the traffic by version, and every
// environment with its figures.

import type { ReplyOf } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { EnvironmentCard, QuietEnvironments } from '../parts/environment-card.tsx'
import { Sentence } from '../parts/name.tsx'
import { NearItem } from '../parts/near.tsx'
import { QueueNote } from '../parts/queue-note.tsx'
import { RecentChanges } from '../parts/recent-changes.tsx'
import { Empty, PageState } from '../parts/state.tsx'
import { TrafficChart } from '../parts/traffic-chart.tsx'
import { VitalsTable } from '../parts/vitals-table.tsx'
import { toReleaseName, toSentence, toSiteSentence } from '../say/sentence.ts'
import { nowMs } from '../state/clock.ts'
import { askForCommand } from '../state/command.ts'
import { proposeRollback } from '../state/proposal.ts'
import { goTo } from '../state/route.ts'
import {
  controlState,
  environments,
  metrics,
  rollouts,
  runningRollout,
  servicesKnown,
} from '../state/site.ts'

type EnvironmentItem = ReplyOf<'GET /environments'>['environments'][number]

export function NowPage() {
  const { value, failure } = environments.value
  if (failure?.code === 'no_document') return <NothingPublished />
  if (!value) {
    return <PageState title="Now" what="the environments" failure={failure} />
  }
  const points = metrics.value.value ?? []
  const isReached = (name: string, percent: number) =>
    percent > 0 ||
    points.slice(-6).some(({ series }) => series.some(({ environment }) => environment === name))
  const reached = value.environments.filter(({ name, percent }) => isReached(name, percent))
  const quiet = value.environments.filter((environment) => !reached.includes(environment))
  return (
    <div class="page">
      <h1 class="unseen">Now</h1>
      <Headline />
      <Troubles />
      <section aria-labelledby="traffic-heading" class="sheet traffic-sheet">
        <h2 id="traffic-heading">Traffic by version</h2>
        <TrafficChart />
        <RecentChanges />
      </section>
      <section aria-labelledby="environments-heading">
        <h2 id="environments-heading" class="section-heading">
          Environments
        </h2>
        <Cards list={reached} />
        {quiet.length > 0 ? <QuietEnvironments list={quiet} /> : null}
      </section>
      <VitalsTable />
    </div>
  )
}

function Cards({ list }: { list: readonly EnvironmentItem[] }) {
  return (
    <ul class="cards">
      {list.map((environment) => (
        <NearItem key={environment.name}>
          {(isNear) => <EnvironmentCard environment={environment} isNear={isNear} />}
        </NearItem>
      ))}
    </ul>
  )
}

function Headline() {
  const running = runningRollout.value.value
  const sentence = toSiteSentence({
    environments: environments.value.value?.environments ?? [],
    running,
    rollouts: rollouts.value.value?.rollouts ?? [],
    services: servicesKnown.value.value?.services ?? [],
    now: nowMs.value,
  })
  const { move } = sentence
  const run = () => {
    if (move?.kind === 'go') goTo(...move.to)
    else if (move?.kind === 'rollback') proposeRollback()
    else if (move && running) askForCommand(move.id, move.command, toReleaseName(running))
  }
  return (
    <section class={`headline ${sentence.tone}`} aria-label="How the site is">
      <div class="headline-text">
        <p class="headline-sentence">
          <Sentence>{sentence.text}</Sentence>
        </p>
        {sentence.more ? (
          <p class="headline-more">
            <Sentence>{sentence.more}</Sentence>
          </p>
        ) : null}
        {(rollouts.value.value?.rollouts ?? []).map((rollout) => (
          <QueueNote key={rollout.id} rollout={rollout} />
        ))}
      </div>
      <div class="headline-moves">
        {move ? (
          <Button
            kind={sentence.tone === 'bad' && move.kind !== 'go' ? 'danger' : 'main'}
            {...(move.kind === 'go' ? {} : { scope: 'shift' as const })}
            onClick={run}
          >
            {move.label}
          </Button>
        ) : null}
        {running ? (
          <Button onClick={() => goTo('rollouts', running.id)}>See the evidence</Button>
        ) : null}
      </div>
    </section>
  )
}

/** What is wrong with Holo itself, which the sentence about the site does not say. */
function Troubles() {
  const control = controlState.value.value?.control
  const failed = [environments, rollouts, servicesKnown, metrics, runningRollout].find(
    ({ value }) => value.failure !== undefined,
  )?.value.failure
  const troubles = [
    ...(failed ? [failed.title] : []),
    ...(control?.publishError
      ? [
          `KV has revision ${control.published}, and not ${control.revision}: ${control.publishError}`,
        ]
      : []),
    ...(control?.externalProblem
      ? [`A document in KV is not valid: ${control.externalProblem}`]
      : []),
  ]
  if (troubles.length === 0) return null
  return (
    <ul class="troubles">
      {troubles.map((text) => (
        <li key={text} class="notice warn">
          <bdi>{toSentence(text)}</bdi>
        </li>
      ))}
    </ul>
  )
}

function NothingPublished() {
  return (
    <div class="page">
      <h1 class="unseen">Now</h1>
      <Empty title="Nothing has been published yet">
        <p>
          Build your site, and publish the folder from a terminal. The first version goes to
          everybody.
        </p>
        <pre>
          <code>
            export HOLO_URL={location.origin}
            {'\n'}npx holo publish dist --version 1.0.0 --first main
          </code>
        </pre>
        <p class="quiet">This page shows it as soon as it is there.</p>
      </Empty>
    </div>
  )
}
