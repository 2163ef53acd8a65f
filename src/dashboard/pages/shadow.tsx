// Shadows: what is copied to other backends now, and what their answers differ in.

import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ShadowPair } from '../../wire/shadow.ts'
import { type CallFailure, call } from '../api/client.ts'
import { Sentence } from '../parts/name.tsx'
import { ShadowFindings } from '../parts/shadow-pair.tsx'
import { NewShadowButton, ShadowSettingsSheet } from '../parts/shadow-settings.tsx'
import { SoakSheet } from '../parts/soak-curve.tsx'
import { Empty, FailureBox, PageState } from '../parts/state.tsx'
import { findPair, toShadowSentence } from '../say/shadow.ts'
import { nowMs } from '../state/clock.ts'
import type { ReadDocument } from '../state/documents.ts'
import { listShadows } from '../state/shadow.ts'
import { readShadows, shadowsKnown, shownRevision, soaksKnown } from '../state/site.ts'

/** Counts are half a minute old, and differences are seldom urgent. */
const READ_INTERVAL_MS = 60_000

export function ShadowPage(_: { rest: readonly string[] }) {
  const known = useSignal<ReadDocument | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  const minute = useComputed(() => Math.floor(nowMs.value / READ_INTERVAL_MS))
  useEffect(() => {
    const ended = new AbortController()
    call('GET /assignments', { signal: ended.signal }).then((found) => {
      if (ended.signal.aborted) return
      if (found.ok) known.value = found.value as unknown as ReadDocument
      failure.value = found.ok ? undefined : found.error
    })
    return () => ended.abort()
  }, [shownRevision.value])
  useEffect(() => {
    readShadows()
  }, [shownRevision.value, minute.value])
  const report = shadowsKnown.value
  const document = known.value
  if (!document || !report.value) {
    const why = failure.value ?? report.failure
    return <PageState title="Shadow" what="what shadows differ in" failure={why} />
  }
  const settings = listShadows(document, nowMs.peek())
  const pairs = report.value.shadows
  const soaks = soaksKnown.value.value?.soaks ?? []
  const environments = Object.entries(document.environments).map(([name, { version }]) => ({
    name,
    version,
  }))
  if (settings.length + pairs.length + soaks.length === 0) {
    return <NoShadow environments={environments} />
  }
  const current = settings.flatMap((one) => (one.isOff ? [] : (findPair(one, pairs) ?? [])))
  const { tone, text, more } = toShadowSentence(settings, pairs)
  return (
    <div class="page">
      <h1>Shadow</h1>
      <section class={`headline ${tone}`} aria-label="What was found">
        <div class="headline-text">
          <p class="headline-sentence">
            <Sentence>{text}</Sentence>
          </p>
          {more ? (
            <p class="headline-more">
              <Sentence>{more}</Sentence>
            </p>
          ) : null}
        </div>
      </section>
      {report.failure ? <FailureBox failure={report.failure} /> : null}
      <ShadowSettingsSheet settings={settings} environments={environments} />
      {current.map((pair, i) => (
        <ShadowFindings key={toPairKey(pair)} pair={pair} isCurrent isFirst={i === 0} />
      ))}
      {soaks.map((soak) => (
        <SoakSheet key={JSON.stringify([soak.from, soak.to])} soak={soak} />
      ))}
      {pairs
        .filter((pair) => !current.includes(pair))
        .map((pair, i) => (
          <ShadowFindings
            key={toPairKey(pair)}
            pair={pair}
            isCurrent={false}
            isFirst={current.length === 0 && i === 0}
          />
        ))}
    </div>
  )
}

function toPairKey({ from, base, to, shadow }: ShadowPair): string {
  return JSON.stringify([from, base, to, shadow])
}

/** With lines that fit a phone. */
const EXAMPLE = `"main": {
  "version": "1.4.0",
  "shadow": {
    "to": "next",
    "percent": 10,
    "paths": ["/api/**"]
  }
}`

function NoShadow({
  environments,
}: {
  environments: readonly { readonly name: string; readonly version: string }[]
}) {
  return (
    <div class="page">
      <h1>Shadow</h1>
      <div class="sheet">
        <Empty title="Nothing is copied yet">
          <p>
            A shadow is another backend that gets copies of real requests. Its answers are compared
            with those that visitors get, and thrown away: no visitor notices.
          </p>
          <NewShadowButton environments={environments} />
          <p>
            Or write it into an environment of the document, with <code>holo export</code> and{' '}
            <code>holo import</code>. docs/shadow.md has all fields:
          </p>
          <pre>
            <code>{EXAMPLE}</code>
          </pre>
          <p class="quiet">
            What differs is shown here, and by <code>npx holo shadow report</code>, about half a
            minute after the first copy.
          </p>
        </Empty>
      </div>
    </div>
  )
}
