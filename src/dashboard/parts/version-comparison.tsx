// What differs in files between two versions, and what open tabs of the other one are told of it.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CallFailure } from '../api/client.ts'
import { readManifest } from '../api/manifest.ts'
import { toAmount } from '../say/format.ts'
import { compareFiles, type FileComparison } from '../state/files.ts'
import { sortByAge, type VersionItem } from '../state/versions.ts'
import { FileChanges } from './file-changes.tsx'
import { Name } from './name.tsx'
import { FailureBox, Loading } from './state.tsx'

/** What differs in files from another version. */
export function VersionComparison({
  version,
  list,
}: {
  version: VersionItem
  list: readonly VersionItem[]
}) {
  const newestFirst = sortByAge(list)
  const others = newestFirst.filter(({ id }) => id !== version.id)
  const earlier = newestFirst[newestFirst.findIndex(({ id }) => id === version.id) + 1]
  const chosen = useSignal<string | undefined>(undefined)
  const other = others.find(({ id }) => id === chosen.value) ?? earlier ?? others[0]
  const found = useSignal<FileComparison | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  useEffect(() => {
    found.value = undefined
    failure.value = undefined
    if (!other) return
    const ended = new AbortController()
    const load = async () => {
      const [before, after] = await Promise.all([
        readManifest(other.manifest, ended.signal),
        readManifest(version.manifest, ended.signal),
      ])
      if (ended.signal.aborted) return
      if (!before.ok) failure.value = before.error
      else if (!after.ok) failure.value = after.error
      else found.value = compareFiles(before.value, after.value)
    }
    load()
    return () => ended.abort()
  }, [other?.manifest, version.manifest])
  if (!other) return null
  return (
    <section class="sheet padded" aria-labelledby="files-heading">
      <header class="sheet-head">
        <h2 id="files-heading">What changed in files</h2>
        <label class="against">
          <span>since</span>
          <select
            value={other.id}
            onChange={(event) => {
              chosen.value = event.currentTarget.value
            }}
          >
            {others.map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </label>
      </header>
      {failure.value ? (
        <FailureBox failure={failure.value} />
      ) : found.value ? (
        <>
          <FileChanges comparison={found.value} />
          <ToldTabs id={other.id} comparison={found.value} />
        </>
      ) : (
        <Loading what="the lists of files" />
      )}
    </section>
  )
}

/** The event that docs/tabs.md describes. */
function ToldTabs({ id, comparison: { changes } }: { id: string; comparison: FileComparison }) {
  const count = changes.filter(({ kind }) => kind !== 'added').length
  return (
    <p class="quiet small">
      If <Name text={id} /> is withdrawn, its open tabs with the script hear{' '}
      <code>holo:update</code>
      {count === 0 ? (
        <>
          {' '}
          with <code>filesChanged: false</code>: no file of theirs is another one here.
        </>
      ) : (
        <>
          : with <code>filesChanged: true</code> those that have loaded one of the{' '}
          {toAmount(count, 'file')} that changed or went, with <code>false</code> all others.
        </>
      )}
    </p>
  )
}
