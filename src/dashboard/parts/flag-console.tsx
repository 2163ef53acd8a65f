// Evaluates a flag for a visitor, a place and attributes. The API answers with the evaluator of the edge; nothing is
// counted.

import { useSignal } from '@preact/signals'
import { type CallFailure, call, type ReplyOf } from '../api/client.ts'
import { toReasonText } from '../say/flags.ts'
import { parseAttributes } from '../state/flags.ts'
import { environments, versions } from '../state/site.ts'
import { Button } from './button.tsx'
import { Name } from './name.tsx'
import { FailureBox } from './state.tsx'

type Evaluation = ReplyOf<'POST /flags/evaluate'>

export function FlagConsole({ name }: { name: string }) {
  const visitor = useSignal('')
  const environment = useSignal('')
  const version = useSignal('')
  const attributes = useSignal('')
  const found = useSignal<Evaluation | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  const isBusy = useSignal(false)
  const parsed = parseAttributes(attributes.value)
  const submit = async () => {
    if (isBusy.value || !parsed.ok) return
    isBusy.value = true
    const key = visitor.value.trim()
    const answer = await call('POST /flags/evaluate', {
      body: {
        flag: name,
        context: { ...parsed.value, ...(key === '' ? {} : { targetingKey: key }) },
        ...(environment.value === '' ? {} : { environment: environment.value }),
        ...(version.value === '' ? {} : { version: version.value }),
      },
    })
    isBusy.value = false
    found.value = answer.ok ? answer.value : undefined
    failure.value = answer.ok ? undefined : answer.error
  }
  return (
    <section aria-labelledby="console-heading" class="flag-console">
      <h2 id="console-heading">Evaluate it</h2>
      <form
        class="start-form"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <div class="sheet padded">
          <label class="field">
            <span>
              Visitor <small>the targeting key; none if left empty</small>
            </span>
            <input
              type="text"
              maxLength={256}
              spellcheck={false}
              value={visitor.value}
              onInput={(event) => {
                visitor.value = event.currentTarget.value
              }}
            />
          </label>
          <Choice
            label="Environment"
            none="the first public one"
            names={(environments.value.value?.environments ?? []).map((one) => one.name)}
            chosen={environment.value}
            onChoose={(to) => {
              environment.value = to
            }}
          />
          <Choice
            label="Version"
            none="that of the environment"
            names={(versions.value.value?.versions ?? []).map(({ id }) => id)}
            chosen={version.value}
            onChoose={(to) => {
              version.value = to
            }}
          />
          <label class="field">
            <span>
              Attributes <small>as JSON, as in {'{ "email": "anna@example.com" }'}</small>
            </span>
            <textarea
              rows={4}
              spellcheck={false}
              value={attributes.value}
              aria-invalid={parsed.ok ? undefined : 'true'}
              onInput={(event) => {
                attributes.value = event.currentTarget.value
              }}
            />
          </label>
          {parsed.ok ? null : (
            <p class="fault" role="alert">
              <bdi>{parsed.error}</bdi>
            </p>
          )}
          <footer class="sheet-foot">
            <Button
              kind="main"
              type="submit"
              isBusy={isBusy.value}
              isOff={!parsed.ok}
              onClick={submit}
            >
              {isBusy.value ? 'Asking…' : 'Evaluate'}
            </Button>
          </footer>
        </div>
        <div class="sheet padded" aria-live="polite">
          {failure.value ? <FailureBox failure={failure.value} /> : null}
          {found.value ? <Answer found={found.value} /> : null}
          {found.value || failure.value ? null : (
            <p class="quiet">
              The answer is that of the edge to a caller with a key: the same code evaluates.
            </p>
          )}
        </div>
      </form>
    </section>
  )
}

function Choice({
  label,
  none,
  names,
  chosen,
  onChoose,
}: {
  label: string
  none: string
  names: readonly string[]
  chosen: string
  onChoose: (name: string) => void
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={chosen} onChange={(event) => onChoose(event.currentTarget.value)}>
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

function Answer({ found }: { found: Evaluation }) {
  const { value, variant, reason, errorCode, errorDetails, environment, version, revision } = found
  return (
    <>
      <h3 class="answer">
        {errorCode !== undefined ? (
          'An error: the default of the code counts'
        ) : variant === undefined ? (
          'No value: the default of the code counts'
        ) : (
          <code>
            <bdi>{JSON.stringify(value)}</bdi>
          </code>
        )}
      </h3>
      <dl class="facts">
        {errorCode === undefined ? null : (
          <div>
            <dt>Error</dt>
            <dd>
              <code>{errorCode}</code> <bdi>{errorDetails}</bdi>
            </dd>
          </div>
        )}
        {variant === undefined ? null : (
          <div>
            <dt>Variant</dt>
            <dd>
              <Name text={variant} />
            </dd>
          </div>
        )}
        {reason === undefined ? null : (
          <div>
            <dt>Reason</dt>
            <dd>
              <code>{reason}</code>, {toReasonText(reason)}
            </dd>
          </div>
        )}
        <div>
          <dt>Environment</dt>
          <dd>
            <Name text={environment} />
          </dd>
        </div>
        <div>
          <dt>Version</dt>
          <dd>
            <Name text={version} mono />
          </dd>
        </div>
        <div>
          <dt>Revision</dt>
          <dd class="num">{revision}</dd>
        </div>
      </dl>
    </>
  )
}
