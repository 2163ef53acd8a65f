// The form that starts a rollout: what, where, by which plan, and how long that will take at the present traffic.

import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { type Plan, PRESETS, type PresetName } from '../../core/rollout/plan.ts'
import { Button } from '../parts/button.tsx'
import { ForecastPanel } from '../parts/forecast-panel.tsx'
import { beginOwnPlan, isReadingOwnPlan, OwnPlanField, readOwnPlan } from '../parts/own-plan.tsx'
import { PageState } from '../parts/state.tsx'
import { Track } from '../parts/track.tsx'
import { PRESET_WORDS, toPlanText } from '../say/plans.ts'
import { proposeChange } from '../state/proposal.ts'
import { goTo, toHref } from '../state/route.ts'
import { environments, runningRollout, versions } from '../state/site.ts'

const PRESET_NAMES = Object.keys(PRESET_WORDS) as PresetName[]
const DEFAULT_ENVIRONMENT = 'canary'

/** The plan that somebody writes, beside the presets. */
const OWN = 'own'
const OWN_WORDS = 'Steps, holds and metrics that you write, from the plan that was chosen before.'

/** @param version the one that somebody came with. */
export function StartRolloutPage({ version: asked }: { version: string | undefined }) {
  const known = environments.value.value?.environments
  const list = versions.value.value?.versions
  /** Empty until somebody chooses. */
  const chosen = useSignal(asked ?? '')
  const environment = useSignal(DEFAULT_ENVIRONMENT)
  const base = useSignal('')
  const chosenPlan = useSignal<PresetName | typeof OWN>('standard')
  /** What the last valid text does stays there while the next one is read. */
  const lastPlan = useRef<Plan>(undefined)
  const candidates = (list ?? [])
    .filter(({ withdrawn }) => !withdrawn)
    .sort((one, other) => (other.published ?? '').localeCompare(one.published ?? ''))
  const served = new Set(
    (known ?? []).filter(({ percent }) => percent > 0).map((one) => one.version),
  )
  // The newest that visitors do not have yet is most likely the one.
  const likely = candidates.find(({ id }) => !served.has(id))?.id ?? candidates[0]?.id ?? ''
  const version = chosen.value === '' ? likely : chosen.value
  if (!known || !list) {
    const { failure } = known ? versions.value : environments.value
    return <PageState title="Start a rollout" what="the versions" failure={failure} />
  }
  const running = runningRollout.value.value
  const isOwn = chosenPlan.value === OWN
  const own = isOwn ? readOwnPlan() : undefined
  const plan = chosenPlan.value === OWN ? own?.plan : PRESETS[chosenPlan.value]
  if (plan) lastPlan.current = plan
  const shownPlan = plan ?? (isOwn && isReadingOwnPlan() ? lastPlan.current : undefined)
  const start = {
    version,
    environment: environment.value,
    ...(base.value === '' ? {} : { base: base.value }),
  }
  const bases = known.filter(({ name, restricted }) => !restricted && name !== environment.value)
  return (
    <div class="page">
      <nav class="crumbs" aria-label="Where this is">
        <a href={toHref('rollouts')}>Rollouts</a> / New
      </nav>
      <h1>Start a rollout</h1>
      {running ? (
        <p class="notice warn">
          <span>
            The rollout of <bdi>{running.version}</bdi> is running:{' '}
            <a href={toHref('rollouts', running.id)}>look at it first</a>. Two can run if they share
            no environment.
          </span>
        </p>
      ) : null}
      <form
        class="start-form"
        onSubmit={(event) => {
          event.preventDefault()
          const wanted = chosenPlan.value === OWN ? own?.document : chosenPlan.value
          if (wanted === undefined) return
          proposeChange({
            name: 'POST /rollouts',
            body: { ...start, plan: wanted },
            title: `Roll out ${version}`,
            confirm: 'Start it',
            done: (reply) => {
              const id = (reply as { rollout?: { id: number } }).rollout?.id
              if (id !== undefined) goTo('rollouts', id)
            },
          })
        }}
      >
        <div class="sheet padded">
          <label class="field">
            <span>Version</span>
            <select
              value={version}
              onChange={(event) => {
                chosen.value = event.currentTarget.value
              }}
            >
              {candidates.map(({ id, environments: of }) => (
                <option key={id} value={id}>
                  {id}
                  {of.length > 0 ? ` (now in ${of.join(', ')})` : ''}
                </option>
              ))}
            </select>
          </label>
          <div class="two">
            <label class="field">
              <span>
                Environment <small>made if new</small>
              </span>
              <input
                type="text"
                required
                pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?"
                maxLength={63}
                list="environment-names"
                value={environment.value}
                onInput={(event) => {
                  environment.value = event.currentTarget.value
                }}
              />
            </label>
            <datalist id="environment-names">
              {known.map(({ name }) => (
                <option key={name} value={name} />
              ))}
            </datalist>
            <label class="field">
              <span>
                Compared with <small>the base</small>
              </span>
              <select
                value={base.value}
                onChange={(event) => {
                  base.value = event.currentTarget.value
                }}
              >
                <option value="">the first other public one</option>
                {bases.map(({ name, version: its }) => (
                  <option key={name} value={name}>
                    {name} ({its})
                  </option>
                ))}
              </select>
            </label>
          </div>
          <fieldset class="presets">
            <legend>Plan</legend>
            {PRESET_NAMES.map((name) => (
              <label key={name} class="preset">
                <input
                  type="radio"
                  name="plan"
                  checked={chosenPlan.value === name}
                  onChange={() => {
                    chosenPlan.value = name
                  }}
                />
                <span>
                  <strong>{name}</strong>
                  <span class="quiet">{PRESET_WORDS[name]}</span>
                </span>
              </label>
            ))}
            <label class="preset">
              <input
                type="radio"
                name="plan"
                checked={isOwn}
                onChange={() => {
                  if (chosenPlan.value !== OWN) beginOwnPlan(toPlanText(PRESETS[chosenPlan.value]))
                  chosenPlan.value = OWN
                }}
              />
              <span>
                <strong>a plan of your own</strong>
                <span class="quiet">{OWN_WORDS}</span>
              </span>
            </label>
          </fieldset>
        </div>
        <div class="sheet padded">
          <h2>
            What <em>{isOwn ? 'your plan' : chosenPlan.value}</em> does
          </h2>
          {isOwn ? <OwnPlanField start={start} /> : null}
          {shownPlan ? (
            <>
              <Track plan={shownPlan} />
              <ForecastPanel plan={shownPlan} base={base.value} environment={environment.value} />
            </>
          ) : null}
          <footer class="sheet-foot">
            <Button
              kind="main"
              type="submit"
              scope="shift"
              isOff={version === '' || plan === undefined}
              onClick={() => undefined}
            >
              Look at the start
            </Button>
          </footer>
        </div>
      </form>
    </div>
  )
}
