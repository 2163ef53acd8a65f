// Reads what the API replies: bodies up to a maximum size, because any server may answer at the
// address and may send without end; and problems (problem+json, docs/api.md) as failures with an
// exit code and a hint.

import { toHarmless } from '../core/harmless-text.ts'
import { type ProblemCode, problemAsRead } from '../wire/problems.ts'
import { CliFailure, EXIT, type ExitCode } from './failure.ts'

/** More than any list of the API: a hundred revisions of 256 KiB. */
export const MAX_JSON_BYTES = 32 * 1024 * 1024
/** A problem of the API lists fifty things. */
const MAX_PROBLEM_BYTES = 1024 * 1024

/** @throws CliFailure when there is more; what the connection throws when it breaks. */
export async function readBytes(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // What a loop ends early, it also cancels.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) {
      throw new CliFailure(
        'unexpected_reply',
        EXIT.unreachable,
        `${new URL(response.url).origin} answers with more than ${maxBytes} bytes`,
        { hint: 'check the address: no Holo does that' },
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export async function readReplyText(response: Response, maxBytes: number): Promise<string> {
  return new TextDecoder().decode(await readBytes(response, maxBytes))
}

/** By code of the API. A code of a newer Holo has no entry: its title and detail are shown as they are. */
type Words<T> = Partial<Readonly<Record<ProblemCode, T>>>

/** Codes that mean something else than "refused". */
const EXIT_OF_CODE: Words<ExitCode> = {
  invalid_request: EXIT.misuse,
  stale: EXIT.stale,
  internal: EXIT.unreachable,
  store_unavailable: EXIT.unreachable,
  control_unavailable: EXIT.unreachable,
  control_overloaded: EXIT.unreachable,
  unknown_outcome: EXIT.unreachable,
}

/** In the words of the command line, where the API's are about HTTP. */
const SENTENCES: Words<string> = {
  forbidden: 'the token may not do this',
  no_document: 'there is no document yet: nothing has been published here',
  not_found: 'there is no such thing here',
  stale: 'the document has changed since the revision that you saw',
  invalid_change: 'refused; nothing was changed',
  invalid_request: 'the API does not take this',
  version_differs: 'a version of this id was published before, with other content',
  upload_replaced: 'somebody else has begun to publish other content under this id',
  too_many_attempts: 'the token is wrong, after many wrong ones from this address',
  one_at_a_time: 'this token is being served the same already',
}

/** Publishes the first version and gives it to everybody. */
export const FIRST_COMMAND = 'holo publish ./dist --version 1.0.0 --first main'

const HINTS: Words<string> = {
  forbidden: 'a token with the scope can be made with "holo token create"',
  no_document: `begin with "${FIRST_COMMAND}", or with "holo import" of a saved document`,
  stale: 'look at what changed, and give the command again',
  version_differs: 'versions never change: choose another id',
  upload_replaced: 'find out who it is, or choose another id',
  too_many_attempts:
    'a right token is taken at once: look at HOLO_TOKEN, or make one with "holo token create"',
  one_at_a_time: 'wait for that answer, then try again',
}

/** @param hasToken whether one was shown. */
export async function toCliFailure(response: Response, hasToken: boolean): Promise<CliFailure> {
  const text = await readReplyText(response, MAX_PROBLEM_BYTES).catch(() => '')
  const parsed = problemAsRead.safeParse(parseJson(text))
  if (!parsed.success) return toStranger(response)
  const {
    code,
    title,
    requestId,
    problems,
    differences,
    more = 0,
    current,
    changes,
    detail,
  } = parsed.data
  const listed = problems ?? differences?.map((message) => ({ path: '', message }))
  const rest = more > 0 ? [{ path: '', message: `and ${more} more` }] : []
  const details = {
    ...(listed ? { problems: [...listed, ...rest] } : {}),
    current,
    changes,
    requestId,
    hint: find(HINTS, code),
  }
  if (code === 'unauthenticated') {
    const message = hasToken ? 'the token does not count here' : 'no token is known'
    const hint = hasToken
      ? 'it is mistyped, revoked, expired, or of another Holo'
      : 'set HOLO_TOKEN, or "tokenFile" of the target in holo.json'
    return new CliFailure(code, EXIT.refused, message, { ...details, hint })
  }
  if (code === 'forbidden' && detail !== undefined) {
    const message = `the token may not do this: ${toHarmless(detail)}`
    return new CliFailure('limited', EXIT.refused, message, { ...details, hint: undefined })
  }
  return new CliFailure(
    code,
    find(EXIT_OF_CODE, code) ?? EXIT.refused,
    find(SENTENCES, code) ?? toOwnSentence(title, detail),
    details,
  )
}

function find<T>(words: Words<T>, code: string): T | undefined {
  return Object.hasOwn(words, code) ? words[code as ProblemCode] : undefined
}

/** The words of the API, for a code that has none here. */
function toOwnSentence(title: string, detail: string | undefined): string {
  return toHarmless(detail === undefined ? title : `${title} ${detail}`)
}

/** Something answers that is no Holo. */
function toStranger({ url, status, headers }: Response): CliFailure {
  const origin = URL.parse(url)?.origin ?? 'it'
  const location = headers.get('location')
  return new CliFailure(
    'not_holo',
    EXIT.unreachable,
    `${origin} answers ${status}, but not as a Holo does${location ? ` (it leads to ${toHarmless(location)})` : ''}`,
    { hint: 'check the address: it is that of the site, without a path' },
  )
}

/** `undefined` for what is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
