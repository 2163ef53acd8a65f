// The rules that send visitors to an environment before buckets are looked at: readable, and editable as JSON, which
// is checked as one types by the code that the control uses.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type CallFailure, call, type ReplyOf } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { Name } from '../parts/name.tsx'
import { Empty, FailureBox, Loading } from '../parts/state.tsx'
import { toConditionText } from '../say/conditions.ts'
import { proposeChange } from '../state/proposal.ts'
import { shownRevision } from '../state/site.ts'

type RulesReply = ReplyOf<'GET /rules'>

/** After the last key. */
const CHECK_AFTER_MS = 400

export function RulesPage(_: { rest: readonly string[] }) {
  const known = useSignal<RulesReply | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  const isEditing = useSignal(false)
  useEffect(() => {
    const ended = new AbortController()
    call('GET /rules', { signal: ended.signal }).then((found) => {
      if (ended.signal.aborted) return
      if (found.ok) known.value = found.value
      failure.value = found.ok ? undefined : found.error
    })
    return () => ended.abort()
  }, [shownRevision.value])
  if (failure.value?.code === 'no_document') return <Empty title="Nothing has been published yet" />
  if (failure.value) return <FailureBox failure={failure.value} />
  if (!known.value) return <Loading what="the rules" />
  const { rules } = known.value
  return (
    <div class="page">
      <header class="page-head">
        <h1>Rules</h1>
        {isEditing.value ? null : (
          <Button
            scope="shift"
            onClick={() => {
              isEditing.value = true
            }}
          >
            Edit
          </Button>
        )}
      </header>
      {isEditing.value ? (
        <RulesEditor
          known={known.value}
          onClose={() => {
            isEditing.value = false
          }}
        />
      ) : (
        <div class="sheet">
          {rules.length === 0 ? (
            <Empty title="There are no rules">
              <p>Everybody is sent by the host name or by the bucket.</p>
            </Empty>
          ) : (
            <ol class="rules">
              {rules.map(({ name, environment, when }, i) => (
                <li key={`${i} ${name}`}>
                  <p>
                    <span class="num quiet">{i + 1}</span>
                    <strong>
                      <Name text={name} />
                    </strong>
                    <span class="quiet">
                      to <Name text={environment} />
                    </span>
                  </p>
                  <p>
                    <bdi>{toConditionText(when)}</bdi>
                  </p>
                </li>
              ))}
            </ol>
          )}
        </div>
      )}
      <p class="quiet small">
        The first rule that matches a page decides it. A rule without an answer is left out.
        Conditions are JsonLogic: docs/assignments.md lists what they can look at.
      </p>
    </div>
  )
}

type CheckState =
  | { readonly kind: 'same' }
  | { readonly kind: 'checking' }
  | { readonly kind: 'good'; readonly rules: readonly unknown[] }
  | {
      readonly kind: 'bad'
      readonly faults: readonly { readonly path: string; readonly message: string }[]
    }

function RulesEditor({ known, onClose }: { known: RulesReply; onClose: () => void }) {
  const before = JSON.stringify(known.rules, undefined, 2)
  const text = useSignal(before)
  const state = useSignal<CheckState>({ kind: 'same' })
  useEffect(() => {
    if (text.value === before) {
      state.value = { kind: 'same' }
      return
    }
    const rules = parseRules(text.value)
    if (typeof rules === 'string') {
      state.value = { kind: 'bad', faults: [{ path: '', message: rules }] }
      return
    }
    state.value = { kind: 'checking' }
    const ended = new AbortController()
    const timer = setTimeout(async () => {
      const tried = await call('PUT /rules', {
        body: { rules },
        revision: known.revision,
        query: { dryRun: 'true' },
        signal: ended.signal,
      })
      if (ended.signal.aborted) return
      state.value =
        tried.ok || tried.error.code === 'stale'
          ? { kind: 'good', rules }
          : {
              kind: 'bad',
              faults: tried.error.problems ?? [{ path: '', message: tried.error.title }],
            }
    }, CHECK_AFTER_MS)
    return () => {
      clearTimeout(timer)
      ended.abort()
    }
  }, [text.value, known.revision])
  const review = () => {
    if (state.value.kind !== 'good') return
    proposeChange({
      name: 'PUT /rules',
      body: { rules: [...state.value.rules] },
      title: 'Change the rules',
      confirm: 'Change them',
      done: onClose,
    })
  }
  return (
    <div class="sheet padded">
      <label class="field">
        <span>All rules, as JSON</span>
        <textarea
          rows={18}
          spellcheck={false}
          value={text.value}
          aria-invalid={state.value.kind === 'bad' ? 'true' : undefined}
          aria-describedby="rules-state"
          onInput={(event) => {
            text.value = event.currentTarget.value
          }}
        />
      </label>
      <div id="rules-state" role="status">
        <CheckText state={state.value} />
      </div>
      <footer class="sheet-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="main" scope="shift" isOff={state.value.kind !== 'good'} onClick={review}>
          Look at the change
        </Button>
      </footer>
    </div>
  )
}

function CheckText({ state }: { state: CheckState }) {
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

function parseRules(text: string): readonly unknown[] | string {
  try {
    const rules: unknown = JSON.parse(text)
    return Array.isArray(rules) ? rules : 'It has to be a list: [ … ].'
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}
