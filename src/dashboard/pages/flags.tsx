// The flags: a list with who gets what, and one flag with its rules, its variants, its JSON and a console.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { call, type ReplyOf } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { FlagConsole } from '../parts/flag-console.tsx'
import { FlagRules } from '../parts/flag-rules.tsx'
import { JsonEditor } from '../parts/json-editor.tsx'
import { ListHead } from '../parts/list-head.tsx'
import { Name } from '../parts/name.tsx'
import { Empty, PageState } from '../parts/state.tsx'
import { VirtualList } from '../parts/virtual-list.tsx'
import { type FlagView, listReferred, toFlagView } from '../say/flags.ts'
import { type FlagRow, filterFlags, toFlagRows, toToggled } from '../state/flags.ts'
import { proposeChange } from '../state/proposal.ts'
import { goTo, toHref } from '../state/route.ts'
import { flagsKnown, readFlags, shownRevision } from '../state/site.ts'

const ROW_PX = 64

type KnownFlags = ReplyOf<'GET /flags'>

export function FlagsPage({ rest: [key] }: { rest: readonly string[] }) {
  useEffect(() => {
    readFlags()
  }, [shownRevision.value])
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

function FlagList({ known }: { known: KnownFlags }) {
  const wanted = useSignal('')
  const rows = toFlagRows(known.flags)
  const shown = filterFlags(rows, wanted.value)
  return (
    <div class="page">
      <ListHead
        title="Flags"
        count={rows.length}
        label="Only flags that hold"
        placeholder="Filter by name, variant, state, rule"
        wanted={wanted}
      />
      <div class="sheet">
        {rows.length === 0 ? (
          <Empty title="There are no flags yet">
            <p>One is set with the command, or taken from a file of flagd:</p>
            <pre>
              holo flags set new-checkout flag.json{'\n'}
              holo flags import flags.json
            </pre>
          </Empty>
        ) : shown.length === 0 ? (
          <Empty title="No flag holds that" />
        ) : null}
        <VirtualList class="flag-rows" rows={shown} toKey={(row) => row.key} rowPx={ROW_PX}>
          {(row) => <FlagItem row={row} />}
        </VirtualList>
      </div>
    </div>
  )
}

function FlagItem({ row: { key, view, summary } }: { row: FlagRow }) {
  return (
    <div class="flag-row">
      <a class="flag-link" href={toHref('flags', key)}>
        <span class="flag-head">
          <strong>
            <Name text={key} />
          </strong>
          <FlagChips view={view} />
        </span>
        <bdi class="flag-summary quiet small">{summary}</bdi>
      </a>
      <Toggle name={key} isOn={view.isOn} />
    </div>
  )
}

function FlagChips({ view: { isOn, isPublic, isForBackends } }: { view: FlagView }) {
  return (
    <>
      <span class={isOn ? 'chip good' : 'chip'}>{isOn ? 'on' : 'off'}</span>
      {isPublic ? <span class="chip">public</span> : null}
      {isForBackends ? <span class="chip">sent to backends</span> : null}
    </>
  )
}

function Toggle({ name, isOn }: { name: string; isOn: boolean }) {
  const word = isOn ? 'off' : 'on'
  return (
    <Button
      scope="shift"
      label={`Switch ${word} ${name}`}
      onClick={() =>
        proposeChange({
          name: 'PUT /flags',
          body: toToggled(name, !isOn),
          title: `Switch the flag ${name} ${word}`,
          confirm: `Switch it ${word}`,
        })
      }
    >
      Switch {word}
    </Button>
  )
}

function FlagPage({ name, known }: { name: string; known: KnownFlags }) {
  const isEditing = useSignal(false)
  const flag = known.flags[name]
  const view = toFlagView(flag)
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
          <Toggle name={name} isOn={view.isOn} />
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
      <section class="sheet padded" aria-labelledby="gets-heading">
        <header class="sheet-head">
          <h2 id="gets-heading" class="flag-head">
            Who gets what <FlagChips view={view} />
          </h2>
          {isEditing.value ? null : (
            <Button
              scope="shift"
              label="Edit the flag"
              onClick={() => {
                isEditing.value = true
              }}
            >
              Edit
            </Button>
          )}
        </header>
        {isEditing.value ? (
          <FlagEditor
            name={name}
            known={known}
            onClose={() => {
              isEditing.value = false
            }}
          />
        ) : (
          <FlagRules
            view={view}
            shared={listReferred(flag, known.$evaluators)}
            evaluators={known.$evaluators}
          />
        )}
      </section>
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
  known: KnownFlags
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
      check={(flag, signal) =>
        call('PUT /flags', {
          body: { flags: { [name]: flag } },
          revision: known.revision,
          query: { dryRun: 'true' },
          signal,
        })
      }
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
