// Shows a failed answer where the data would have been. A mismatch names both sides, because it
// means that page and backend of two releases were mixed.

import type { Failure } from './ask.ts'

export function FailureBox({ failure }: { readonly failure: Failure }) {
  if (failure.kind !== 'mismatch') {
    return (
      <p class="failure" role="alert" data-testid="api-error">
        {failure.message}
      </p>
    )
  }
  return (
    <section class="failure" role="alert" data-testid="api-mismatch">
      <h2>This page and its backend do not belong together</h2>
      <dl>
        <dt>Expected</dt>
        <dd>
          <code>{failure.expected}</code>
        </dd>
        <dt>Got</dt>
        <dd>
          <code>{failure.got}</code>
        </dd>
      </dl>
    </section>
  )
}
