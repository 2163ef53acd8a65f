// What is compared of two answers.

import type { Answer } from '../support/http-client.ts'

export type Outcome = {
  readonly status: number
  readonly location: string | undefined
  /** Of an error in JSON, its code. */
  readonly body: string
}

export function toOutcome({ status, headers, body }: Answer): Outcome {
  const isProblem = headers['content-type'] === 'application/problem+json'
  return {
    status,
    location: typeof headers.location === 'string' ? headers.location : undefined,
    body: isProblem ? (JSON.parse(body) as { code: string }).code : body,
  }
}
