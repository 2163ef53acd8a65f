// Evaluates a flag for a visitor, a place and attributes. The API answers with the evaluator of the edge; nothing is
// counted.

import { useSignal } from '@preact/signals'
import { call, type ReplyOf } from '../api/client.ts'
import { toReasonText } from '../say/flags.ts'
import { parseAttributes } from '../state/flags.ts'
import { environments, versions } from '../state/site.ts'
import { Name } from './name.tsx'
import { ChoiceField, LinesField, QuestionForm, TextField } from './question-form.tsx'

type Evaluation = ReplyOf<'POST /flags/evaluate'>

export function FlagConsole({ name }: { name: string }) {
  const visitor = useSignal('')
  const environment = useSignal('')
  const version = useSignal('')
  const attributes = useSignal('')
  const parsed = parseAttributes(attributes.value)
  const ask = () => {
    const key = visitor.value.trim()
    return call('POST /flags/evaluate', {
      body: {
        flag: name,
        context: {
          ...(parsed.ok ? parsed.value : {}),
          ...(key === '' ? {} : { targetingKey: key }),
        },
        ...(environment.value === '' ? {} : { environment: environment.value }),
        ...(version.value === '' ? {} : { version: version.value }),
      },
    })
  }
  return (
    <section aria-labelledby="console-heading" class="flag-console">
      <h2 id="console-heading">Evaluate it</h2>
      <QuestionForm
        verb="Evaluate"
        isOff={!parsed.ok}
        ask={ask}
        hint="The answer is that of the edge to a caller with a key: the same code evaluates."
        toAnswer={(found) => <Answer found={found} />}
      >
        <TextField
          label="Visitor"
          about="the targeting key; none if left empty"
          maxLength={256}
          text={visitor}
        />
        <ChoiceField
          label="Environment"
          none="the first public one"
          names={(environments.value.value?.environments ?? []).map((one) => one.name)}
          text={environment}
        />
        <ChoiceField
          label="Version"
          none="that of the environment"
          names={(versions.value.value?.versions ?? []).map(({ id }) => id)}
          text={version}
        />
        <LinesField
          label="Attributes"
          about={'as JSON, as in { "email": "anna@example.com" }'}
          text={attributes}
          fault={parsed.ok ? undefined : parsed.error}
        />
      </QuestionForm>
    </section>
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
