// Changes who gets what of a flag without JSON: its default, and the weights of its split. The API checks it meanwhile.

import { useComputed, useSignal } from '@preact/signals'
import type { ReplyOf } from '../api/client.ts'
import { toFields } from '../say/flags.ts'
import { toPercentLabel } from '../say/format.ts'
import { checkFlag } from '../state/flag-calls.ts'
import { readShares, toReshared, toShared, type Weight } from '../state/flags.ts'
import { proposeChange } from '../state/proposal.ts'
import { Button } from './button.tsx'
import { type CheckState, CheckText, useJsonCheck } from './json-editor.tsx'
import { ChoiceField } from './question-form.tsx'

const ALL = 100

export function FlagSharesForm({
  name,
  known,
  onClose,
}: {
  name: string
  known: ReplyOf<'GET /flags'>
  onClose: () => void
}) {
  const flag = toFields(known.flags[name])
  const variants = Object.keys(toFields(flag.variants))
  const { defaultVariant, weights: before, maySplit } = readShares(flag)
  const byDefault = useSignal(defaultVariant ?? '')
  const weights = useSignal(before)
  const shares = useComputed(() => ({
    defaultVariant: byDefault.value === '' ? null : byDefault.value,
    weights: weights.value,
  }))
  const text = useComputed(() => JSON.stringify(toShared(flag, shares.value)))
  const state = useSignal<CheckState>({ kind: 'same' })
  useJsonCheck(
    { text, state },
    {
      before: JSON.stringify(toShared(flag, { defaultVariant, weights: before })),
      findFormFault: () => undefined,
      check: (changed, signal) => checkFlag(name, changed, known.revision, signal),
    },
  )
  return (
    <form
      class="flag-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (state.value.kind !== 'good') return
        proposeChange({
          name: 'PUT /flags',
          body: toReshared(name, shares.value),
          title: `Change who gets what of ${name}`,
          confirm: 'Change it',
          done: onClose,
        })
      }}
    >
      <ChoiceField
        label="By default"
        none="the default of the code"
        names={variants}
        text={byDefault}
      />
      {weights.value ? (
        <WeightFields
          weights={weights.value}
          onChange={(changed) => {
            weights.value = changed
          }}
        />
      ) : maySplit ? (
        <div>
          <Button
            onClick={() => {
              const all = defaultVariant ?? variants[0]
              weights.value = variants.map((variant) => ({
                variant,
                weight: variant === all ? ALL : 0,
              }))
            }}
          >
            Split visitors
          </Button>
        </div>
      ) : (
        <p class="quiet">Its targeting has no weights that can be changed here.</p>
      )}
      <div role="status">
        <CheckText state={state.value} />
      </div>
      <footer class="sheet-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="main"
          type="submit"
          scope="shift"
          isOff={state.value.kind !== 'good'}
          onClick={() => undefined}
        >
          Look at the change
        </Button>
      </footer>
    </form>
  )
}

function WeightFields({
  weights,
  onChange,
}: {
  weights: readonly Weight[]
  onChange: (weights: readonly Weight[]) => void
}) {
  const total = weights.reduce((sum, { weight }) => sum + weight, 0)
  return (
    <fieldset class="weights">
      <legend>
        Weights <small>a visitor keeps its variant while the weight of that grows</small>
      </legend>
      {weights.map(({ variant, weight }, i) => (
        <label key={i} class="weight">
          <bdi>{variant}</bdi>
          <input
            type="number"
            min={0}
            step={1}
            required
            value={Number.isNaN(weight) ? '' : weight}
            aria-label={`Weight of ${variant}`}
            onInput={(event) => {
              const changed = event.currentTarget.valueAsNumber
              onChange(weights.map((one, k) => (k === i ? { ...one, weight: changed } : one)))
            }}
          />
          <span class="num quiet">{total > 0 ? toPercentLabel((weight * 100) / total) : ''}</span>
        </label>
      ))}
    </fieldset>
  )
}
