// The line at the foot of every page that says which release the page is and which one its API
// is. It judges nothing: that they agree is the server's promise.

import { ask, isRecord, isString } from './ask.ts'
import { useAnswer } from './use-answer.ts'

type ApiRelease = { readonly release: string; readonly instance: string }

export function ReleaseLine({ release }: { readonly release: string }) {
  const answer = useAnswer('release', askRelease)
  return (
    <p class="release-line">
      Page <strong data-testid="release">{release}</strong>, API{' '}
      <strong data-testid="api-release">{toText(answer)}</strong>
      {answer?.ok === true && <span class="instance"> on instance {answer.value.instance}</span>}
    </p>
  )
}

function toText(answer: Awaited<ReturnType<typeof askRelease>> | undefined): string {
  if (answer === undefined) return '…'
  return answer.ok ? answer.value.release : 'unknown'
}

function askRelease() {
  return ask({
    method: 'GET',
    path: '/api/release',
    accepts: isApiRelease,
    shape: '{ release, instance }',
  })
}

function isApiRelease(value: unknown): value is ApiRelease {
  return isRecord(value) && isString(value.release) && isString(value.instance)
}
