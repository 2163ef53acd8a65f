// A form that asks the API something on one side, and the answer on the other.

import { type Signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { Result } from '../../core/result.ts'
import type { CallFailure } from '../api/client.ts'
import { Button } from './button.tsx'
import { FailureBox } from './state.tsx'

/**
 * @param verb what the button says.
 * @param ask asks the API. It is not called while something is wrong with the fields.
 * @param hint what is said before the first answer.
 */
export function QuestionForm<Answer>({
  verb,
  isOff,
  ask,
  hint,
  toAnswer,
  children,
}: {
  verb: string
  isOff: boolean
  ask: () => Promise<Result<Answer, CallFailure>>
  hint: string
  toAnswer: (answer: Answer) => ComponentChildren
  children: ComponentChildren
}) {
  const answered = useSignal<Result<Answer, CallFailure> | undefined>(undefined)
  const isBusy = useSignal(false)
  const submit = async () => {
    if (isBusy.value || isOff) return
    isBusy.value = true
    const answer = await ask()
    isBusy.value = false
    answered.value = answer
  }
  const { value } = answered
  return (
    <form
      class="start-form"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <div class="sheet padded">
        {children}
        <footer class="sheet-foot">
          <Button kind="main" type="submit" isBusy={isBusy.value} isOff={isOff} onClick={submit}>
            {isBusy.value ? 'Asking…' : verb}
          </Button>
        </footer>
      </div>
      <div class="sheet padded" aria-live="polite">
        {value === undefined ? (
          <p class="quiet">{hint}</p>
        ) : value.ok ? (
          toAnswer(value.value)
        ) : (
          <FailureBox failure={value.error} />
        )}
      </div>
    </form>
  )
}

type FieldProps = {
  readonly label: string
  /** What the field takes, in small letters. */
  readonly about?: string
  readonly text: Signal<string>
}

export function TextField({
  label,
  about,
  text,
  ...input
}: FieldProps & {
  readonly required?: boolean
  readonly inputMode?: 'url' | 'text'
  readonly maxLength?: number
}) {
  return (
    <label class="field">
      <FieldLabel label={label} about={about} />
      <input
        type="text"
        spellcheck={false}
        {...input}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value
        }}
      />
    </label>
  )
}

/** A field of several lines, with what is wrong with them. */
export function LinesField({
  label,
  about,
  text,
  fault,
}: FieldProps & { readonly fault: string | undefined }) {
  return (
    <>
      <label class="field">
        <FieldLabel label={label} about={about} />
        <textarea
          rows={4}
          spellcheck={false}
          value={text.value}
          aria-invalid={fault === undefined ? undefined : 'true'}
          onInput={(event) => {
            text.value = event.currentTarget.value
          }}
        />
      </label>
      {fault === undefined ? null : (
        <p class="fault" role="alert">
          <bdi>{fault}</bdi>
        </p>
      )}
    </>
  )
}

/** @param none what holds if nothing is chosen. */
export function ChoiceField({
  label,
  none,
  names,
  text,
}: Omit<FieldProps, 'about'> & { readonly none: string; readonly names: readonly string[] }) {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={text.value}
        onChange={(event) => {
          text.value = event.currentTarget.value
        }}
      >
        <option value="">{none}</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

function FieldLabel({ label, about }: { label: string; about: string | undefined }) {
  return (
    <span>
      {label}
      {about === undefined ? null : (
        <>
          {' '}
          <small>{about}</small>
        </>
      )}
    </span>
  )
}
