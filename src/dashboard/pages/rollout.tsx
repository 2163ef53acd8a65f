// One rollout: where it is, what speaks for and against the release, what one may do, and what has happened.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { toChanceText, toRangeText } from '../../core/judge/words.ts'
import { getOwn } from '../../core/own.ts'
import { type CallFailure, call, type ReplyOf } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { EvidenceCharts } from '../parts/evidence-charts.tsx'
import { Name, Sentence } from '../parts/name.tsx'
import { OutcomeChip } from '../parts/outcome-chip.tsx'
import { QueueNote } from '../parts/queue-note.tsx'
import { ScrollTable } from '../parts/scroll-table.tsx'
import { FailureBox, PageState } from '../parts/state.tsx'
import { Ago, Clock } from '../parts/time.tsx'
import { Track } from '../parts/track.tsx'
import { toLatencyLabel, toPercentLabel, toSpanLabel } from '../say/format.ts'
import {
  type RunningRolloutReply,
  toReleaseName,
  toRolloutSentence,
  toSentence,
} from '../say/sentence.ts'
import { askForCommand, COMMAND_WORDS } from '../state/command.ts'
import { goTo, toHref } from '../state/route.ts'
import { runningRollout } from '../state/site.ts'

type Explanation = ReplyOf<'GET /rollouts/{id}/explain'>

export function RolloutPage({ id }: { id: number }) {
  const explanation = useSignal<Explanation | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  // The status of the one that runs is read again and again; with every reading this page reads the rest.
  const running = runningRollout.value.value?.id === id ? runningRollout.value : undefined
  useEffect(() => {
    const ended = new AbortController()
    const given = { params: { id: String(id) }, signal: ended.signal }
    call('GET /rollouts/{id}/explain', given).then((found) => {
      if (ended.signal.aborted) return
      if (found.ok) explanation.value = found.value
      failure.value = found.ok ? undefined : found.error
    })
    return () => ended.abort()
  }, [id, running?.at])
  const rollout = running?.value ?? explanation.value?.rollout
  if (!rollout) {
    return failure.value ? (
      <div class="page">
        <h1>Rollout {id}</h1>
        <FailureBox failure={failure.value} />
        <p>
          <a href={toHref('rollouts')}>All rollouts</a>
        </p>
      </div>
    ) : (
      <PageState title={`Rollout ${id}`} what="the rollout" failure={undefined} />
    )
  }
  return (
    <div class="page">
      <Head rollout={rollout} />
      {failure.value ? <FailureBox failure={failure.value} /> : null}
      <section class="sheet padded" aria-labelledby="plan-heading">
        <h2 id="plan-heading">Plan</h2>
        <Track
          plan={rollout.plan}
          phase={rollout.phase}
          step={rollout.step}
          elapsedMs={rollout.elapsedMs}
          takenBackAt={toWeightBefore(rollout, explanation.value?.transitions ?? [])}
        />
      </section>
      <section class="sheet padded" aria-labelledby="evidence-heading">
        <h2 id="evidence-heading">Evidence</h2>
        <p>
          <Sentence>{toSentence(rollout.verdict.reason)}</Sentence>
        </p>
        {rollout.verdict.blind.map(({ reason }) => (
          <p key={reason} class="notice warn">
            <bdi>{toSentence(reason)}</bdi>
          </p>
        ))}
        <EvidenceCharts rollout={rollout} />
        <Findings rollout={rollout} />
      </section>
      <Transitions rollout={rollout} list={explanation.value?.transitions ?? []} />
    </div>
  )
}

/** The share that a release had when it was taken back; `undefined` for any other. */
function toWeightBefore(
  { phase }: RunningRolloutReply,
  transitions: Explanation['transitions'],
): number | undefined {
  if (phase !== 'rolledBack') return undefined
  return transitions.filter(({ weight }) => weight > 0).at(-1)?.weight ?? 0
}

function Head({ rollout }: { rollout: RunningRolloutReply }) {
  const { id, startedAt, startedBy, endedAt, reason } = rollout
  const isRunning = endedAt === undefined
  const sentence = isRunning ? toRolloutSentence(rollout) : undefined
  const tone = sentence?.tone ?? (rollout.phase === 'promoted' ? 'good' : 'bad')
  return (
    <>
      <nav class="crumbs" aria-label="Where this is">
        <a href={toHref('rollouts')}>Rollouts</a> / <span class="num">{id}</span>
      </nav>
      <section class={`headline ${tone}`} aria-labelledby="rollout-heading">
        <div class="headline-text">
          <h1 id="rollout-heading" class="headline-sentence">
            <Sentence>{sentence?.text ?? toEndText(rollout)}</Sentence>
          </h1>
          <p class="headline-more">
            <Sentence>{isRunning ? sentence?.more : reason && toSentence(reason)}</Sentence>
          </p>
          <QueueNote rollout={rollout} />
          <p class="small quiet headline-more">
            <OutcomeChip rollout={rollout} /> <Sides rollout={rollout} />. Started{' '}
            <Ago at={startedAt} /> by <bdi>{startedBy}</bdi>
            {endedAt === undefined ? '' : `, ended after ${toSpanLabel(endedAt - startedAt)}`}.
          </p>
        </div>
        {isRunning ? <Moves rollout={rollout} /> : <Again rollout={rollout} />}
      </section>
    </>
  )
}

/** What is compared with what, and where. */
function Sides({ rollout }: { rollout: RunningRolloutReply }) {
  const { flag, version, baseVersion, environment, base } = rollout
  if (flag !== undefined) {
    return (
      <>
        <Name text={version} mono /> of the flag <Name text={flag} />, over{' '}
        <Name text={baseVersion} mono />
      </>
    )
  }
  return (
    <>
      <Name text={version} mono /> in <Name text={environment} />, over{' '}
      <Name text={baseVersion} mono /> in <Name text={base} />
    </>
  )
}

function toEndText(rollout: RunningRolloutReply): string {
  const isPromoted = rollout.phase === 'promoted'
  return `${toReleaseName(rollout)} was ${isPromoted ? 'given to everybody' : 'taken back'}.`
}

function Moves({ rollout }: { rollout: RunningRolloutReply }) {
  const { id, paused } = rollout
  const commands = [
    paused === undefined ? ('pause' as const) : ('resume' as const),
    'advance' as const,
    'promote' as const,
    'abort' as const,
  ]
  return (
    <div class="headline-moves">
      {commands.map((command) => (
        <Button
          key={command}
          scope="shift"
          kind={command === 'resume' ? 'main' : command === 'abort' ? 'danger' : 'plain'}
          onClick={() => askForCommand(id, command, toReleaseName(rollout))}
        >
          {COMMAND_WORDS[command].label}
        </Button>
      ))}
    </div>
  )
}

function Again({ rollout: { phase } }: { rollout: RunningRolloutReply }) {
  if (phase !== 'rolledBack') return null
  return (
    <div class="headline-moves">
      <Button scope="shift" onClick={() => goTo('rollouts', 'new')}>
        Start another one
      </Button>
    </div>
  )
}

/** Each metric: who met it on both sides, and what that says. */
function Findings({ rollout }: { rollout: RunningRolloutReply }) {
  const { verdict, version, baseVersion } = rollout
  return (
    <ScrollTable label="What was compared" isTall>
      <thead>
        <tr>
          <th scope="col">Visitors who</th>
          <th scope="col" class="num">
            <Name text={baseVersion} mono />
          </th>
          <th scope="col" class="num">
            <Name text={version} mono />
          </th>
          <th scope="col">Compared</th>
          <th scope="col">Against it, by chance</th>
        </tr>
      </thead>
      <tbody>
        {verdict.findings.map(({ name, met, seen, worst, logWorse }) => (
          <tr key={name}>
            <th scope="row">
              <Name text={getOwn(METRIC_WORDS, name) ?? name} />
              {worst && worst.edge !== null ? ` than ${toLatencyLabel(worst.edge)}` : null}
              {worst?.route ? (
                <>
                  {' '}
                  <code class="quiet">
                    <bdi>{worst.route}</bdi>
                  </code>
                </>
              ) : null}
            </th>
            {[0, 1].map((side) => (
              <td key={side} class="num">
                {toMetText((worst?.visitors ?? met)[side] ?? 0, seen[side] ?? 0)}
              </td>
            ))}
            <td>{worst ? toComparedText(worst.ratio) : 'nobody met it'}</td>
            <td>{logWorse > 0 ? toChanceText(logWorse) : 'nothing'}</td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  )
}

const METRIC_WORDS: Readonly<Record<string, string>> = {
  errors: 'met a failure',
  latency: 'waited longer',
  notFound: 'got a 404',
  forbidden: 'got a 403',
  unauthorized: 'got a 401',
  unprocessable: 'got a 400 or 422',
  brokenBodies: 'got a reply that broke off',
  redirects: 'were sent to another host',
  errorBodies: 'got an error in a good reply',
  asks: 'asked a service after a page',
}

function toComparedText(ratio: { readonly low: number; readonly high: number | null }): string {
  return ratio.low === 0 && ratio.high === null ? 'too few to say' : `${toRangeText(ratio)} as many`
}

function toMetText(met: number, seen: number): string {
  if (seen === 0) return '–'
  return `${met.toLocaleString('en-US')} of ${seen.toLocaleString('en-US')} (${toPercentLabel((met / seen) * 100)})`
}

function Transitions({
  rollout: { version },
  list,
}: {
  rollout: RunningRolloutReply
  list: Explanation['transitions']
}) {
  if (list.length === 0) return null
  return (
    <section class="sheet padded" aria-labelledby="history-heading">
      <h2 id="history-heading">What happened</h2>
      <ol class="history">
        {[...list].reverse().map(({ at, from, to, by, reason, said, weight, revision }, i) => (
          <li key={`${at} ${i}`}>
            <span class="num quiet">
              <Clock at={at} />
            </span>
            <div>
              <p>
                <bdi class="strong">{from === to ? to : `${from} → ${to}`}</bdi>{' '}
                <span class="quiet">
                  {toPercentLabel(weight)} for <Name text={version} mono />, by{' '}
                  <bdi>{by ?? 'itself'}</bdi>
                  {revision === undefined ? null : (
                    <>
                      ,{' '}
                      <a class="num" href={toHref('audit', 'revision', revision)}>
                        r{revision}
                      </a>
                    </>
                  )}
                </span>
              </p>
              <p>
                <bdi>{toSentence(reason)}</bdi>
              </p>
              {said ? (
                <p class="quiet">
                  “<bdi>{said}</bdi>”
                </p>
              ) : null}
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}
