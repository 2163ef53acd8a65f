// A part of the document as JSON, which is checked as one types: the API tries the change without effect.

import { type ReadonlySignal, type Signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Result } from '../../core/result.ts'
import type { Scope } from '../../wire/scopes.ts'
import type { CallFailure } from '../api/client.ts'
import { Button } from './button.tsx'

/** After the last key. */
const CHECK_AFTER_MS = 400

export type JsonEditorProps = {
  readonly label: string
  /** What is there now. */
  readonly value: unknown
  readonly scope: Scope
  /** Says what is wrong with a value of the wrong form; `undefined` if the API shall look at it. */
  readonly findFormFault: (value: unknown) => string | undefined
  /** Tries the value without effect. */
  readonly check: (value: unknown, signal: AbortSignal) => Promise<Result<unknown, CallFailure>>
  readonly onReview: (value: unknown) => void
  readonly onClose: () => void
}

type Fault = { readonly path: string; readonly message: string }

export type CheckState =
  | { readonly kind: 'same' }
  | { readonly kind: 'checking' }
  /** @param reply what the API answered; `undefined` where somebody else has changed the document meanwhile. */
  | { readonly kind: 'good'; readonly value: unknown; readonly reply: unknown }
  | { readonly kind: 'bad'; readonly faults: readonly Fault[] }

const toBad = (message: string): CheckState => ({ kind: 'bad', faults: [{ path: '', message }] })

/** What is typed, and what the API says of it. */
export type CheckedText = {
  readonly text: Signal<string>
  readonly state: Signal<CheckState>
}

export type JsonCheck = Pick<JsonEditorProps, 'findFormFault' | 'check'> & {
  /** The text of what is there now, which needs no check; left out where everything is checked. */
  readonly before?: string
  /** Something else that the check depends on: with another one the text is checked again. */
  readonly beside?: string | undefined
}

/** Checks a text a moment after the last key, and again when what it depends on has changed. */
export function useJsonCheck(
  { text, state }: Pick<CheckedText, 'state'> & { readonly text: ReadonlySignal<string> },
  { before, beside, findFormFault, check }: JsonCheck,
): void {
  useEffect(() => {
    if (text.value === before) {
      state.value = { kind: 'same' }
      return
    }
    const parsed = parseJson(text.value)
    const fault = parsed.ok ? findFormFault(parsed.value) : parsed.error
    if (!parsed.ok || fault !== undefined) {
      state.value = toBad(fault ?? '')
      return
    }
    state.value = { kind: 'checking' }
    const ended = new AbortController()
    const timer = setTimeout(async () => {
      const tried = await check(parsed.value, ended.signal)
      if (ended.signal.aborted) return
      if (tried.ok) state.value = { kind: 'good', value: parsed.value, reply: tried.value }
      else if (tried.error.code === 'stale') {
        state.value = { kind: 'good', value: parsed.value, reply: undefined }
      } else if (tried.error.problems) {
        state.value = { kind: 'bad', faults: tried.error.problems }
      } else state.value = toBad(tried.error.detail ?? tried.error.title)
    }, CHECK_AFTER_MS)
    return () => {
      clearTimeout(timer)
      ended.abort()
    }
  }, [text.value, before, beside])
}

export function JsonField({
  label,
  rows = 16,
  text,
  state,
}: CheckedText & { label: string; rows?: number }) {
  return (
    <>
      <label class="field">
        <span>{label}</span>
        <textarea
          rows={rows}
          spellcheck={false}
          value={text.value}
          aria-invalid={state.value.kind === 'bad' ? 'true' : undefined}
          onInput={(event) => {
            text.value = event.currentTarget.value
          }}
        />
      </label>
      <div role="status">
        <CheckText state={state.value} />
      </div>
    </>
  )
}

export function JsonEditor({
  label,
  value,
  scope,
  findFormFault,
  check,
  onReview,
  onClose,
}: JsonEditorProps) {
  const before = JSON.stringify(value, undefined, 2)
  const text = useSignal(before)
  const state = useSignal<CheckState>({ kind: 'same' })
  useJsonCheck({ text, state }, { before, findFormFault, check })
  const review = () => {
    if (state.value.kind === 'good') onReview(state.value.value)
  }
  return (
    <div class="json-editor">
      <JsonField label={label} text={text} state={state} />
      <footer class="sheet-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="main" scope={scope} isOff={state.value.kind !== 'good'} onClick={review}>
          Look at the change
        </Button>
      </footer>
    </div>
  )
}

function parseJson(text: string): Result<unknown, string> {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (cause) {
    return { ok: false, error: cause instanceof Error ? cause.message : String(cause) }
  }
}

export function CheckText({ state }: { state: CheckState }) {
  switch (state.kind) {
    case 'same':
      return <p class="quiet">Nothing is changed yet.</p>
    case 'checking':
      return <p class="quiet">Checking…</p>
    case 'good':
      return <p class="good">Valid.</p>
    case 'bad':
      return (
        <ul class="fault">
          {state.faults.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              {path ? <code>{path} </code> : null}
              <bdi>{message}</bdi>
            </li>
          ))}
        </ul>
      )
  }
}
