// Files that were added, removed or changed.

import { getOwn } from '../../core/own.ts'
import { toAmount, toBytesLabel } from '../say/format.ts'
import type { FileComparison } from '../state/files.ts'
import { ScrollTable } from './scroll-table.tsx'

/** A list of more says no more. */
const SHOWN_FILES = 500

const SIGNS = { added: '+', removed: '−', changed: '~' } as const

export function FileChanges({
  comparison: { changes, same, bytes },
}: {
  comparison: FileComparison
}) {
  const count = (kind: string) => changes.filter((change) => change.kind === kind).length
  const grown = bytes[1] - bytes[0]
  return (
    <>
      <p>
        {count('added')} added, {count('removed')} removed, {count('changed')} changed,{' '}
        {toAmount(same, 'file')} the same; {toSignedBytes(grown)} in sum.
      </p>
      {changes.length === 0 ? null : (
        <ScrollTable label="Files that differ" isTall>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">What</th>
              <th scope="col" class="num">
                Bytes
              </th>
            </tr>
          </thead>
          <tbody>
            {changes.slice(0, SHOWN_FILES).map(({ path, kind, bytes: more }) => (
              <tr key={path}>
                <th scope="row">
                  <code>
                    <bdi>{path}</bdi>
                  </code>
                </th>
                <td class={kind === 'added' ? 'good' : kind === 'removed' ? 'bad' : ''}>
                  {getOwn(SIGNS, kind) ?? ''} {kind}
                </td>
                <td class="num">{toSignedBytes(more)}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {changes.length > SHOWN_FILES ? (
        <p class="quiet small">And {changes.length - SHOWN_FILES} more.</p>
      ) : null}
    </>
  )
}

function toSignedBytes(bytes: number): string {
  return `${bytes < 0 ? '−' : '+'}${toBytesLabel(Math.abs(bytes))}`
}
