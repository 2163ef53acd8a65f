// The flags: who gets what of each, how often it is evaluated, experiments, and those that are no longer needed.
// flag.tsx shows one flag.

import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { findMentions } from '../../core/flags/stale.ts'
import type { ReplyOf } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { FlagExperiment } from '../parts/flag-experiment.tsx'
import { FlagChips, FlagToggle } from '../parts/flag-state.tsx'
import { ListHead } from '../parts/list-head.tsx'
import { Name } from '../parts/name.tsx'
import { NewFlagForm } from '../parts/new-flag-form.tsx'
import { StaleFlags } from '../parts/stale-flags.tsx'
import { Empty, PageState } from '../parts/state.tsx'
import { VirtualList } from '../parts/virtual-list.tsx'
import { toAmount } from '../say/format.ts'
import { toSentence } from '../say/sentence.ts'
import { nowMs } from '../state/clock.ts'
import { type FlagRow, filterFlags, toFlagRows } from '../state/flags.ts'
import { toHref } from '../state/route.ts'
import {
  experiments,
  flagCounts,
  flagsKnown,
  readFlagFigures,
  readFlags,
  shownRevision,
  versions,
} from '../state/site.ts'
import { FlagPage } from './flag.tsx'

const ROW_PX = 88

/** Counts are as new as five minutes, and an experiment moves slowly. */
const FIGURES_INTERVAL_MS = 60_000

export function FlagsPage({ rest: [key] }: { rest: readonly string[] }) {
  const minute = useComputed(() => Math.floor(nowMs.value / FIGURES_INTERVAL_MS))
  useEffect(() => {
    readFlags()
  }, [shownRevision.value])
  useEffect(() => {
    readFlagFigures()
  }, [shownRevision.value, minute.value])
  const { value, failure } = flagsKnown.value
  if (!value) return <PageState title="Flags" what="the flags" failure={failure} />
  if (key === undefined) return <FlagList known={value} />
  return Object.hasOwn(value.flags, key) ? (
    <FlagPage key={key} name={key} known={value} />
  ) : (
    <div class="page">
      <h1>Flags</h1>
      <div class="sheet">
        <Empty title="There is no such flag">
          <p>
            <Name text={key} />
          </p>
          <a href={toHref('flags')}>All flags</a>
        </Empty>
      </div>
    </div>
  )
}

function FlagList({ known }: { known: ReplyOf<'GET /flags'> }) {
  const wanted = useSignal('')
  const isAdding = useSignal(false)
  const list = versions.value.value?.versions
  const mentions = list && findMentions(Object.keys(known.flags), list)
  const rows = toFlagRows(known.flags, { counts: flagCounts.value.value?.counts, mentions })
  const shown = filterFlags(rows, wanted.value)
  return (
    <div class="page">
      <ListHead
        title="Flags"
        count={rows.length}
        label="Only flags that hold"
        placeholder="Filter by name, variant, state, rule"
        wanted={wanted}
      >
        {isAdding.value ? null : (
          <Button
            kind="main"
            scope="shift"
            onClick={() => {
              isAdding.value = true
            }}
          >
            New flag
          </Button>
        )}
      </ListHead>
      {isAdding.value ? (
        <NewFlagForm
          known={known}
          onClose={() => {
            isAdding.value = false
          }}
        />
      ) : null}
      <Experiments flags={known.flags} />
      <div class="sheet">
        {rows.length === 0 ? (
          <Empty title="There are no flags yet">
            <p>Make one here, or take those of a file of another system:</p>
            <pre>holo flags import flags.json</pre>
          </Empty>
        ) : shown.length === 0 ? (
          <Empty title="No flag holds that" />
        ) : null}
        <VirtualList class="flag-rows" rows={shown} toKey={(row) => row.key} rowPx={ROW_PX}>
          {(row) => <FlagItem row={row} />}
        </VirtualList>
      </div>
      {mentions && rows.length > 0 ? <StaleFlags known={known} mentions={mentions} /> : null}
    </div>
  )
}

function Experiments({ flags }: Pick<ReplyOf<'GET /flags'>, 'flags'>) {
  const all = experiments.value.value?.experiments ?? []
  if (all.length === 0) return null
  return (
    <>
      <h2>Experiments</h2>
      {all.map((report, i) => (
        <FlagExperiment
          key={report.flag}
          report={report}
          flag={flags[report.flag]}
          id={`experiment-${i}`}
          heading={
            <h3 id={`experiment-${i}`}>
              <a href={toHref('flags', report.flag)}>
                <Name text={report.flag} />
              </a>
            </h3>
          }
        />
      ))}
      <h2>All flags</h2>
    </>
  )
}

function FlagItem({
  row: { key, view, summary, evaluated, warning, isUnmentioned },
}: {
  row: FlagRow
}) {
  return (
    <div class="flag-row">
      <a class="flag-link" href={toHref('flags', key)}>
        <span class="flag-head">
          <strong>
            <Name text={key} />
          </strong>
          <FlagChips view={view} />
          {isUnmentioned ? <span class="chip warn">not mentioned</span> : null}
        </span>
        <bdi class="flag-summary quiet small">{summary}</bdi>
        {evaluated ? (
          <span class="quiet small num">
            {evaluated.lastDay === 0
              ? 'not evaluated in the last day'
              : `${toAmount(evaluated.lastDay, 'evaluation')} in the last day, ${evaluated.lastHour.toLocaleString('en-US')} in the last hour`}
          </span>
        ) : null}
        {warning === undefined ? null : <span class="warn small">{toSentence(warning)}</span>}
      </a>
      <FlagToggle name={key} isOn={view.isOn} />
    </div>
  )
}
