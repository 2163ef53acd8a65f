// A form that rolls out a variant of a flag by a plan, as a version is rolled out.

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { PRESETS, type PresetName } from '../../core/rollout/plan.ts'
import { PRESET_WORDS } from '../say/plans.ts'
import { proposeChange } from '../state/proposal.ts'
import { goTo } from '../state/route.ts'
import { Button } from './button.tsx'
import { ChoiceField } from './question-form.tsx'
import { Track } from './track.tsx'

const PRESET_NAMES = Object.keys(PRESET_WORDS) as PresetName[]

export function FlagRollout({
  name,
  variants,
  onClose,
}: {
  name: string
  variants: readonly string[]
  onClose: () => void
}) {
  const first = useRef<HTMLSelectElement>(null)
  // The button that opened the form is gone.
  useEffect(() => first.current?.focus(), [])
  const chosen = useSignal(variants[0] ?? '')
  const base = useSignal('')
  const plan = useSignal<PresetName>('standard')
  const variant = chosen.value
  return (
    <form
      class="sheet padded flag-form"
      aria-labelledby="flag-rollout-heading"
      onSubmit={(event) => {
        event.preventDefault()
        proposeChange({
          name: 'POST /rollouts',
          body: {
            ...{ flag: name, variant, plan: plan.value },
            ...(base.value === '' ? {} : { base: base.value }),
          },
          title: `Roll out "${variant}" of ${name}`,
          confirm: 'Start it',
          done: (reply) => {
            const id = (reply as { rollout?: { id: number } }).rollout?.id
            if (id !== undefined) goTo('rollouts', id)
          },
        })
      }}
    >
      <h2 id="flag-rollout-heading">Roll out a variant</h2>
      <p class="quiet">
        Few visitors get it first, and more as the plan says; it is taken back on evidence.
      </p>
      <div class="two">
        <label class="field">
          <span>Variant</span>
          <select
            ref={first}
            value={variant}
            onChange={(event) => {
              chosen.value = event.currentTarget.value
              // It is no longer among those that it can be compared with.
              if (base.value === chosen.value) base.value = ''
            }}
          >
            {variants.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <ChoiceField
          label="Compared with"
          none="the default, or else the only other one"
          names={variants.filter((one) => one !== variant)}
          text={base}
        />
        <label class="field">
          <span>Plan</span>
          <select
            value={plan.value}
            onChange={(event) => {
              plan.value = event.currentTarget.value as PresetName
            }}
          >
            {PRESET_NAMES.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      </div>
      <p class="quiet small">{PRESET_WORDS[plan.value]}</p>
      <Track plan={PRESETS[plan.value]} />
      <footer class="sheet-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="main"
          type="submit"
          scope="shift"
          isOff={variant === ''}
          onClick={() => undefined}
        >
          Look at the start
        </Button>
      </footer>
    </form>
  )
}
