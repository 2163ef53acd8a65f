// An experiment with a flag: the sentences that say what is known so far, its variants, and how it ends.

import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { findSplit } from '../../core/experiments/split.ts'
import { getOwn } from '../../core/own.ts'
import {
  type ExperimentItem,
  type ExperimentOutcome,
  listExperimentVariants,
  toSampleRatioText,
  VERDICT_WORDS,
} from '../say/experiments.ts'
import { toFields } from '../say/flags.ts'
import { toListText, toPercentLabel } from '../say/format.ts'
import { toSentence } from '../say/sentence.ts'
import { toStopped } from '../state/flags.ts'
import { proposeChange } from '../state/proposal.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Name } from './name.tsx'
import { ChoiceField } from './question-form.tsx'
import { ScrollTable } from './scroll-table.tsx'
import { Ago } from './time.tsx'

const CHIPS: Readonly<Record<ExperimentOutcome, string>> = {
  better: 'chip good',
  worse: 'chip bad',
  unknown: 'chip',
  uneven: 'chip warn',
}

/** @param heading of the section; it has the id `id`. */
export function FlagExperiment({
  report,
  flag,
  id,
  heading,
}: {
  report: ExperimentItem
  /** The definition of the flag. */
  flag: unknown
  id: string
  heading: ComponentChildren
}) {
  const isStopping = useSignal(false)
  const { flag: name, since, metrics, comparisons } = report
  return (
    <section class="sheet padded experiment" aria-labelledby={id}>
      <header class="sheet-head">
        {heading}
        <Button
          scope="shift"
          label={`Stop the experiment with ${name}`}
          onClick={() => {
            isStopping.value = true
          }}
        >
          Stop
        </Button>
      </header>
      <ul class="verdicts">
        {comparisons.map(({ variant, outcome, sentence }) => (
          <li key={variant}>
            <span class={getOwn(CHIPS, outcome) ?? 'chip'}>
              {getOwn(VERDICT_WORDS, outcome) ?? outcome}
            </span>
            <bdi>{toSentence(sentence)}</bdi>
          </li>
        ))}
      </ul>
      <ScrollTable label={`Variants of ${name}`}>
        <thead>
          <tr>
            <th scope="col">Variant</th>
            <th scope="col" class="num">
              Share
            </th>
            <th scope="col" class="num">
              Visitors, about
            </th>
          </tr>
        </thead>
        <tbody>
          {listExperimentVariants(report).map(({ variant, isBase, percent, visitors }) => (
            <tr key={variant}>
              <th scope="row">
                <Name text={variant} />
                {isBase ? <span class="quiet small"> the base</span> : null}
              </th>
              <td class="num">{toPercentLabel(percent)}</td>
              <td class="num">
                {visitors === undefined ? 'not compared' : visitors.toLocaleString('en-US')}
              </td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
      <p class="quiet small">
        Begun <Ago at={since} />, judged by <bdi>{toListText(metrics)}</bdi>.{' '}
        {toSampleRatioText(report)}
      </p>
      {isStopping.value ? (
        <StopDialog
          report={report}
          flag={flag}
          onClose={() => {
            isStopping.value = false
          }}
        />
      ) : null}
    </section>
  )
}

function StopDialog({
  report: { flag: name, weights },
  flag,
  onClose,
}: {
  report: ExperimentItem
  flag: unknown
  onClose: () => void
}) {
  const give = useSignal('')
  // A split in a shared part of targeting may be that of other flags, too.
  const isOwnSplit = findSplit(toFields(flag).targeting).length === 1
  return (
    <Dialog title={`Stop the experiment with ${name}`} onClose={onClose}>
      <p>Nothing is compared any more, and what is known so far is forgotten.</p>
      {isOwnSplit ? (
        <ChoiceField
          label="Visitors of the split get from now on"
          none="the variants that they have"
          names={Object.keys(weights)}
          text={give}
        />
      ) : (
        <p class="quiet">
          Its split stands in a shared part of targeting: visitors keep the variants that they have.
        </p>
      )}
      <footer class="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="main"
          scope="shift"
          onClick={() => {
            onClose()
            const end = give.value === '' ? '' : `, and give everybody of its split ${give.value}`
            proposeChange({
              name: 'PUT /flags',
              body: toStopped(name, give.value === '' ? undefined : give.value),
              title: `Stop the experiment with ${name}${end}`,
              confirm: 'Stop it',
            })
          }}
        >
          Look at the change
        </Button>
      </footer>
    </Dialog>
  )
}
