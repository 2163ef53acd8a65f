// What differs between two documents, field by field.

import type { FieldDifference } from '../state/documents.ts'

export function Differences({ list }: { list: readonly FieldDifference[] }) {
  return (
    <ul class="differences">
      {list.map(({ path, before, after }) => (
        <li key={path}>
          <code class="path">{path}</code>
          {before === undefined ? null : (
            <del>
              <span class="unseen">before: </span>
              <bdi>{before}</bdi>
            </del>
          )}
          {after === undefined ? null : (
            <ins>
              <span class="unseen">after: </span>
              <bdi>{after}</bdi>
            </ins>
          )}
        </li>
      ))}
    </ul>
  )
}
