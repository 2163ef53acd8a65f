// One flag: who gets what, what can be changed of it, its experiment, how often it is evaluated, and a console.

import { useSignal } from '@preact/signals'
import { findMentions, listUnmentioned } from '../../core/flags/stale.ts'
import type { ReplyOf } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { FlagConsole } from '../parts/flag-console.tsx'
import { FlagEvaluations } from '../parts/flag-evaluations.tsx'
import { FlagExperiment } from '../parts/flag-experiment.tsx'
import { FlagRollout } from '../parts/flag-rollout.tsx'
import { FlagRules } from '../parts/flag-rules.tsx'
import { FlagSharesForm } from '../parts/flag-shares-form.tsx'
import { FlagChips, FlagToggle } from '../parts/flag-state.tsx'
import { JsonEditor } from '../parts/json-editor.tsx'
import { Name } from '../parts/name.tsx'
import { listReferred, toFlagView } from '../say/flags.ts'
import { toSentence } from '../say/sentence.ts'
import { checkFlag } from '../state/flag-calls.ts'
import { proposeChange } from '../state/proposal.ts'
import { goTo, toHref } from '../state/route.ts'
import { experiments, versions } from '../state/site.ts'

export function FlagPage({ name, known }: { name: string; known: ReplyOf<'GET /flags'> }) {
  const editing = useSignal<'shares' | 'json' | 'rollout' | undefined>(undefined)
  const edit = (what: typeof editing.value) => {
    editing.value = what
  }
  const close = () => edit(undefined)
  const flag = known.flags[name]
  const view = toFlagView(flag)
  const report = experiments.value.value?.experiments.find((one) => one.flag === name)
  const list = versions.value.value?.versions
  const [unmentioned] = list ? listUnmentioned(findMentions([name], list)) : []
  return (
    <div class="page">
      <nav class="crumbs" aria-label="Where this is">
        <a href={toHref('flags')}>Flags</a> /
      </nav>
      <header class="page-head">
        <h1 class="flag-head">
          <Name text={name} />
        </h1>
        <div class="sheet-tools">
          <FlagToggle name={name} isOn={view.isOn} />
          <Button
            scope="shift"
            onClick={() =>
              proposeChange({
                name: 'PUT /flags',
                body: { flags: { [name]: null } },
                title: `Remove the flag ${name}`,
                confirm: 'Remove it',
                isDanger: true,
                done: () => goTo('flags'),
              })
            }
          >
            Remove
          </Button>
        </div>
      </header>
      {unmentioned ? (
        <p class="notice warn">
          <bdi>{toSentence(unmentioned.text)}</bdi>
        </p>
      ) : null}
      <section class="sheet padded" aria-labelledby="gets-heading">
        <header class="sheet-head">
          <h2 id="gets-heading" class="flag-head">
            Who gets what <FlagChips view={view} />
          </h2>
          {editing.value === undefined ? (
            <div class="sheet-tools">
              <Button
                scope="shift"
                label="Change default and shares"
                onClick={() => edit('shares')}
              >
                Change
              </Button>
              <Button scope="shift" onClick={() => edit('json')}>
                Edit as JSON
              </Button>
              <Button scope="shift" onClick={() => edit('rollout')}>
                Roll out a variant
              </Button>
            </div>
          ) : null}
        </header>
        {editing.value === 'json' ? (
          <FlagEditor name={name} known={known} onClose={close} />
        ) : editing.value === 'shares' ? (
          <FlagSharesForm name={name} known={known} onClose={close} />
        ) : (
          <FlagRules
            view={view}
            shared={listReferred(flag, known.$evaluators)}
            evaluators={known.$evaluators}
          />
        )}
      </section>
      {editing.value === 'rollout' ? (
        <FlagRollout
          name={name}
          variants={view.variants.map((variant) => variant.name)}
          onClose={close}
        />
      ) : null}
      {report ? (
        <FlagExperiment
          report={report}
          flag={flag}
          id="experiment-heading"
          heading={<h2 id="experiment-heading">Experiment</h2>}
        />
      ) : null}
      <FlagEvaluations name={name} flag={flag} />
      <FlagConsole name={name} />
    </div>
  )
}

function FlagEditor({
  name,
  known,
  onClose,
}: {
  name: string
  known: ReplyOf<'GET /flags'>
  onClose: () => void
}) {
  return (
    <JsonEditor
      label="The flag, as JSON in the format of flagd"
      value={known.flags[name]}
      scope="shift"
      findFormFault={(flag) =>
        typeof flag === 'object' && flag !== null && !Array.isArray(flag)
          ? undefined
          : 'It has to be an object: { … }.'
      }
      check={(flag, signal) => checkFlag(name, flag, known.revision, signal)}
      onReview={(flag) =>
        proposeChange({
          name: 'PUT /flags',
          body: { flags: { [name]: flag } },
          title: `Change the flag ${name}`,
          confirm: 'Change it',
          done: onClose,
        })
      }
      onClose={onClose}
    />
  )
}
