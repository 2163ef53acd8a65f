// Flags that are no longer needed: those that no version in use mentions, and those that have given everybody the
// same for weeks. The history is read when somebody wants to know.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import {
  DEFAULT_STALE_WEEKS,
  type FlagMentions,
  findUnchanging,
  listStaleNotes,
  listUnchanging,
  listUnmentioned,
  type StaleFlag,
  type UnchangingFlags,
} from '../../core/flags/stale.ts'
import type { ReplyOf } from '../api/client.ts'
import { toClockLabel } from '../say/format.ts'
import { toSentence } from '../say/sentence.ts'
import { readClock } from '../state/clock.ts'
import { FLAG_HISTORY } from '../state/flag-calls.ts'
import { toHref } from '../state/route.ts'
import { Disclosure } from './disclosure.tsx'
import { Name } from './name.tsx'
import { Loading } from './state.tsx'

export function StaleFlags({
  known: { revision, flags },
  mentions,
}: {
  known: ReplyOf<'GET /flags'>
  mentions: FlagMentions
}) {
  const unmentioned = listUnmentioned(mentions)
  return (
    <section class="sheet padded stale-flags">
      <Disclosure
        summary={
          <>
            <h2>No longer needed</h2>
            {unmentioned.length > 0 ? (
              <span class="chip warn num">{unmentioned.length}</span>
            ) : (
              <span class="quiet small">flags in no version, or the same for weeks</span>
            )}
          </>
        }
      >
        {() => (
          <Found
            key={revision}
            revision={revision}
            flags={flags}
            mentions={mentions}
            unmentioned={unmentioned}
          />
        )}
      </Disclosure>
    </section>
  )
}

function Found({
  revision,
  flags,
  mentions,
  unmentioned,
}: Pick<ReplyOf<'GET /flags'>, 'revision' | 'flags'> & {
  mentions: FlagMentions
  unmentioned: readonly StaleFlag[]
}) {
  const found = useSignal<UnchangingFlags | undefined>(undefined)
  useEffect(() => {
    let isEnded = false
    const current = { revision, flags }
    findUnchanging(FLAG_HISTORY, current, DEFAULT_STALE_WEEKS, readClock()).then((unchanging) => {
      if (!isEnded) found.value = unchanging
    })
    return () => {
      isEnded = true
    }
  }, [revision])
  const unchanging = found.value
  const all = [...unmentioned, ...(unchanging ? listUnchanging(unchanging) : [])]
  return (
    <div class="stale-found" aria-live="polite">
      <ul>
        {all.map(({ key, text }) => (
          <li key={`${key} ${text}`}>
            <a href={toHref('flags', key)}>
              <Name text={key} />
            </a>
            <bdi>{toSentence(text)}</bdi>
          </li>
        ))}
      </ul>
      {unchanging === undefined ? (
        <Loading what="the history of flags" />
      ) : (
        <>
          {all.length === 0 ? <p>No flag is known to be stale.</p> : null}
          {listStaleNotes({ ...mentions, ...unchanging }, (at) =>
            toClockLabel(at, readClock()),
          ).map((note) => (
            <p key={note} class="quiet small">
              <bdi>{toSentence(note)}</bdi>
            </p>
          ))}
        </>
      )}
    </div>
  )
}
