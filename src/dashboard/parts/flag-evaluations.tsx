// How often a flag was evaluated, by variant and reason, and what is wrong with its answers.

import { toReasonText } from '../say/flags.ts'
import { toAmount } from '../say/format.ts'
import { toSentence } from '../say/sentence.ts'
import { type CountedFlag, toWarning } from '../state/flags.ts'
import { flagCounts } from '../state/site.ts'
import { Name } from './name.tsx'
import { ScrollTable } from './scroll-table.tsx'
import { FailureBox, Loading } from './state.tsx'
import { Ago } from './time.tsx'

export function FlagEvaluations({ name, flag }: { name: string; flag: unknown }) {
  const { value, failure } = flagCounts.value
  const own = (value?.counts ?? []).filter((one) => one.flag === name)
  const warning = toWarning(flag, own)
  return (
    <section class="sheet padded" aria-labelledby="evaluations-heading">
      <h2 id="evaluations-heading">Evaluations</h2>
      {warning === undefined ? null : <p class="notice warn">{toSentence(warning)}</p>}
      {value === undefined ? (
        failure ? (
          <FailureBox failure={failure} />
        ) : (
          <Loading what="the counts" />
        )
      ) : own.length === 0 ? (
        <p class="quiet">
          Nobody has asked for it over OFREP. Values in pages and in Holo-Flags are not counted.
        </p>
      ) : (
        <Counts counts={own.toSorted((one, other) => other.lastDay - one.lastDay)} />
      )}
      {value && value.lost > 0 ? (
        <p class="quiet small">
          {toAmount(value.lost, 'evaluation')} of all flags could not be kept.
        </p>
      ) : null}
    </section>
  )
}

function Counts({ counts }: { counts: readonly CountedFlag[] }) {
  return (
    <ScrollTable label="Evaluations by variant and reason">
      <thead>
        <tr>
          <th scope="col">Variant</th>
          <th scope="col">Why</th>
          <th scope="col" class="num">
            Last hour
          </th>
          <th scope="col" class="num">
            Last day
          </th>
          <th scope="col" class="num">
            Newest
          </th>
        </tr>
      </thead>
      <tbody>
        {counts.map(({ variant, reason, lastHour, lastDay, lastAt }) => (
          <tr key={`${reason} ${variant}`}>
            <th scope="row">
              {variant === '' ? 'the default of the code' : <Name text={variant} />}
            </th>
            <td>
              <bdi>{toReasonText(reason)}</bdi>
            </td>
            <td class="num">{lastHour.toLocaleString('en-US')}</td>
            <td class="num">{lastDay.toLocaleString('en-US')}</td>
            <td class="num">
              <Ago at={Date.parse(lastAt)} />
            </td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  )
}
