// A form that makes a flag. The API checks it meanwhile, and each finding stands at its field.

import { useComputed, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { ReplyOf } from '../api/client.ts'
import { checkFlag } from '../state/flag-calls.ts'
import {
  type DraftedFlag,
  FLAG_KINDS,
  type FlagKind,
  placeFaults,
  readDraft,
  startFlag,
} from '../state/new-flag.ts'
import { proposeChange } from '../state/proposal.ts'
import { goTo } from '../state/route.ts'
import { Button } from './button.tsx'
import { type CheckState, useJsonCheck } from './json-editor.tsx'
import { FieldFault, MAX_NAME_LENGTH, VariantFields } from './variant-fields.tsx'

export function NewFlagForm({
  known,
  onClose,
}: {
  known: ReplyOf<'GET /flags'>
  onClose: () => void
}) {
  const keyField = useRef<HTMLInputElement>(null)
  // The button that opened the form is gone.
  useEffect(() => keyField.current?.focus(), [])
  const draft = useSignal<DraftedFlag>({
    key: '',
    ...startFlag('boolean'),
    isOn: true,
    isPublic: false,
    isForBackends: false,
  })
  const change = (fields: Partial<DraftedFlag>) => {
    draft.value = { ...draft.value, ...fields }
  }
  const read = useComputed(() => readDraft(draft.value, known.flags))
  const text = useComputed(() => (read.value.flag ? JSON.stringify(read.value.flag) : ''))
  const state = useSignal<CheckState>({ kind: 'same' })
  const { key, kind, variants, defaultVariant, isOn, isPublic, isForBackends } = draft.value
  useJsonCheck(
    { text, state },
    {
      before: '',
      beside: key,
      findFormFault: () => undefined,
      check: (flag, signal) => checkFlag(key, flag, known.revision, signal),
    },
  )
  const checked = state.value
  const faults =
    read.value.flag && checked.kind === 'bad'
      ? placeFaults(draft.value, checked.faults)
      : read.value.faults
  const isGood = read.value.flag !== undefined && checked.kind === 'good'
  return (
    <form
      class="sheet padded flag-form"
      aria-labelledby="new-flag-heading"
      onSubmit={(event) => {
        event.preventDefault()
        const { flag } = read.value
        if (!flag || !isGood) return
        proposeChange({
          name: 'PUT /flags',
          body: { flags: { [key]: flag } },
          title: `Add the flag ${key}`,
          confirm: 'Add it',
          done: () => goTo('flags', key),
        })
      }}
    >
      <h2 id="new-flag-heading">A new flag</h2>
      <div class="two">
        <div class="flag-key">
          <label class="field">
            <span>
              Key <small>as code asks for it</small>
            </span>
            <input
              ref={keyField}
              type="text"
              required
              maxLength={MAX_NAME_LENGTH}
              spellcheck={false}
              autocomplete="off"
              value={key}
              aria-invalid={faults.key === undefined ? undefined : 'true'}
              onInput={(event) => change({ key: event.currentTarget.value })}
            />
          </label>
          <FieldFault text={faults.key} />
        </div>
        <label class="field">
          <span>Its values are</span>
          <select
            value={kind}
            onChange={(event) => change(startFlag(event.currentTarget.value as FlagKind))}
          >
            {Object.entries(FLAG_KINDS).map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      <VariantFields
        kind={kind}
        variants={variants}
        faults={faults.variants}
        onChange={(changed) => change({ variants: changed })}
      />
      <label class="field">
        <span>
          By default <small>what everybody gets; targeting can be added afterwards</small>
        </span>
        <select
          value={defaultVariant}
          aria-invalid={faults.defaultVariant === undefined ? undefined : 'true'}
          onChange={(event) => change({ defaultVariant: event.currentTarget.value })}
        >
          <option value="">the default of the code</option>
          {[...new Set([...variants.map(({ name }) => name), defaultVariant])]
            .filter((name) => name !== '')
            .map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
        </select>
      </label>
      <FieldFault text={faults.defaultVariant} />
      <Check
        label="On"
        about="while it is off, the default of the code counts"
        isOn={isOn}
        onChange={(to) => change({ isOn: to })}
      />
      <Check
        label="Public"
        about="browsers may see it"
        isOn={isPublic}
        onChange={(to) => change({ isPublic: to })}
      />
      <Check
        label="Sent to backends"
        about="in the header Holo-Flags"
        isOn={isForBackends}
        onChange={(to) => change({ isForBackends: to })}
      />
      {faults.others.map((fault) => (
        <FieldFault key={fault} text={fault} />
      ))}
      <footer class="sheet-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="main"
          type="submit"
          scope="shift"
          isOff={!isGood}
          isBusy={checked.kind === 'checking'}
          onClick={() => undefined}
        >
          Look at the change
        </Button>
      </footer>
    </form>
  )
}

function Check({
  label,
  about,
  isOn,
  onChange,
}: {
  label: string
  about: string
  isOn: boolean
  onChange: (isOn: boolean) => void
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={isOn}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        {label} <small class="quiet">{about}</small>
      </span>
    </label>
  )
}
