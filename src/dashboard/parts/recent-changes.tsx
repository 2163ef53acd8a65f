// The newest changes of the document: the marks of the traffic chart in words.

import { toActionText } from '../say/actions.ts'
import { toHref } from '../state/route.ts'
import { revisions } from '../state/site.ts'
import { Clock } from './time.tsx'

const SHOWN_CHANGES = 5

export function RecentChanges() {
  const list = revisions.value.value?.revisions.slice(0, SHOWN_CHANGES) ?? []
  if (list.length === 0) return null
  return (
    <div class="recent">
      <h3>Changes</h3>
      <ol>
        {list.map(({ revision, at, actor, action, reason }) => (
          <li key={revision}>
            <a class="num" href={toHref('audit', 'revision', revision)}>
              r{revision}
            </a>
            <span class="num quiet">
              <Clock at={at} />
            </span>
            <span class="recent-text">
              <bdi class="strong">{actor}</bdi> {toActionText(action)}
              {reason ? (
                <>
                  : <bdi>{reason}</bdi>
                </>
              ) : null}
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}
