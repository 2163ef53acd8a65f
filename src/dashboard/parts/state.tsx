// What is shown where there is nothing to show: while it is read, when there is none, and when it cannot be read.

import type { ComponentChildren } from 'preact'
import type { CallFailure } from '../api/client.ts'

export function Loading({ what }: { what: string }) {
  return (
    <div class="empty loading" role="status">
      <span class="unseen">Loading {what}</span>
      <span class="bone" />
      <span class="bone" />
      <span class="bone" />
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** A failure in the words of the API, with what support needs. */
export function FailureBox({ failure }: { failure: CallFailure }) {
  return (
    <div class="failure" role="alert">
      <p>
        <bdi>{failure.title}</bdi>
        {failure.detail ? (
          <>
            {' '}
            <bdi>{failure.detail}</bdi>
          </>
        ) : null}
      </p>
      {failure.problems && failure.problems.length > 0 ? (
        <ul>
          {failure.problems.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              {path ? <code>{path}</code> : null} <bdi>{message}</bdi>
            </li>
          ))}
        </ul>
      ) : null}
      {failure.status >= 500 ? (
        <p>Visitors are still served. The page asks again by itself.</p>
      ) : null}
      {failure.requestId ? (
        <p class="small">
          Request <code>{failure.requestId}</code>
        </p>
      ) : null}
    </div>
  )
}

/** A whole page for which something has to be read first. */
export function PageState({
  title,
  what,
  failure,
}: {
  title: string
  what: string
  failure: CallFailure | undefined
}) {
  return (
    <div class="page">
      <h1>{title}</h1>
      {failure?.code === 'no_document' ? (
        <div class="sheet">
          <Empty title="Nothing has been published yet">
            <p>
              The page <a href="#/now">Now</a> says how to begin.
            </p>
          </Empty>
        </div>
      ) : failure ? (
        <FailureBox failure={failure} />
      ) : (
        <Loading what={what} />
      )}
    </div>
  )
}
