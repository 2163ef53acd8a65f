// Reads what the API replies: bodies up to a maximum size, because any server may answer at the
// address and may send without end; and problems (problem+json, docs/api.md) as failures with an
// exit code and a hint.

import { toHarmless } from '../core/harmless-text.ts'
import { type ProblemCode, problemAsRead } from '../wire/problems.ts'
import { CliFailure, EXIT, type ExitCode } from './failure.ts'

/** More than any reply of the API needs: a hundred revisions of 256 KiB are 25 MiB. */
export const MAX_JSON_BYTES = 32 * 1024 * 1024
/** More than a problem needs, whose lists have at most fifty items. */
const MAX_PROBLEM_BYTES = 1024 * 1024

/** @throws CliFailure when the body is longer; the error of the connection when it breaks. */
export async function readBytes(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop early cancels the body.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) {
      throw new CliFailure(
        'unexpected_reply',
        EXIT.unreachable,
        `${new URL(response.url).origin} sent a reply of more than ${maxBytes} bytes`,
        { hint: 'check the address: Holo never sends so much' },
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export async function readReplyText(response: Response, maxBytes: number): Promise<string> {
  return new TextDecoder().decode(await readBytes(response, maxBytes))
}

/** By code of the API. For an unknown code of a newer Holo, title and detail are shown as they are. */
type Words<T> = Partial<Readonly<Record<ProblemCode, T>>>

/** The exit codes of problems that do not mean "refused". */
const EXIT_OF_CODE: Words<ExitCode> = {
  invalid_request: EXIT.misuse,
  stale: EXIT.stale,
  internal: EXIT.unreachable,
  store_unavailable: EXIT.unreachable,
  newer_schema: EXIT.unreachable,
  control_unavailable: EXIT.unreachable,
  control_overloaded: EXIT.unreachable,
  unknown_outcome: EXIT.unreachable,
}

/** Messages for problems whose title in the API is about HTTP. */
const SENTENCES: Words<string> = {
  forbidden: 'the token may not do this',
  frozen: 'no release goes forward now',
  below_floor: 'this goes back too far',
  no_document: 'there is no document yet: nothing has been published here',
  not_found: 'this Holo does not have what the command names',
  stale: 'the document has changed since the revision that you saw',
  invalid_change: 'the change would make the document invalid; nothing was changed',
  invalid_preview: 'there can be no link to that; nothing was made',
  invalid_request: 'the API does not accept these values',
  version_differs: 'a version with this id was published before, with other content',
  upload_replaced: 'somebody else has started to publish other content under this id',
  too_many_attempts: 'the token is not valid, and neither were many others from this address',
  one_at_a_time: 'the same command with this token is still running',
}

/** Publishes the first version and gives it to everybody. */
export const FIRST_COMMAND = 'holo publish ./dist --version 1.0.0 --first main'

const HINTS: Words<string> = {
  below_floor: 'if the older version works with the data of today, repeat it with --below-floor',
  frozen: 'taking a release back works all the same; "holo status" says what holds releases',
  forbidden: 'create a token with this scope: holo token create',
  no_document: `begin with "${FIRST_COMMAND}", or with "holo import" of a saved document`,
  stale: 'check what has changed, then repeat the command',
  version_differs: 'a published version never changes: choose another id',
  upload_replaced: 'find out who it is, or choose another id',
  too_many_attempts:
    'a valid token is accepted at once: check HOLO_TOKEN, or create a token with "holo token create"',
  one_at_a_time: 'wait until it has finished, then repeat the command',
}

/** What helps against a refusal with the code `frozen`, by what holds releases. */
const HELD_HINTS: ReadonlyMap<string, string> = new Map([
  [
    'freeze',
    'taking a release back works all the same; "holo unfreeze" ends the freeze, and nothing disregards it',
  ],
  [
    'windows',
    'taking a release back works all the same; --outside-window with --reason disregards windows',
  ],
])

/** @param hasToken whether the request had a token. */
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
    held = '',
  } = parsed.data
  const listed = problems ?? differences?.map((message) => ({ path: '', message }))
  const rest = more > 0 ? [{ path: '', message: `and ${more} more` }] : []
  const details = {
    ...(listed ? { problems: [...listed, ...rest] } : {}),
    current,
    changes,
    requestId,
    hint: (code === 'frozen' ? HELD_HINTS.get(held) : undefined) ?? find(HINTS, code),
  }
  if (code === 'unauthenticated') {
    const message = hasToken ? 'this Holo does not accept the token' : 'there is no token'
    const hint = hasToken
      ? 'the token is mistyped, revoked or expired, or it belongs to another Holo'
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
    toSentence(code, detail) ?? toOwnSentence(title, detail),
    details,
  )
}

/** The message, with the detail behind it where that says what happened. */
function toSentence(code: string, detail: string | undefined): string | undefined {
  const sentence = find(SENTENCES, code)
  return sentence && detail !== undefined ? `${sentence}: ${toHarmless(detail)}` : sentence
}

function find<T>(words: Words<T>, code: string): T | undefined {
  return Object.hasOwn(words, code) ? words[code as ProblemCode] : undefined
}

/** Title and detail of the API, for a code without an own message here. */
function toOwnSentence(title: string, detail: string | undefined): string {
  return toHarmless(detail === undefined ? title : `${title} ${detail}`)
}

/** The reply is not from Holo. */
function toStranger({ url, status, headers }: Response): CliFailure {
  const origin = URL.parse(url)?.origin ?? 'it'
  const location = headers.get('location')
  return new CliFailure(
    'not_holo',
    EXIT.unreachable,
    `${origin} answered ${status}, but the reply is not from Holo${location ? ` (it redirects to ${toHarmless(location)})` : ''}`,
    { hint: 'check the address: it must be the address of the site, without a path' },
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
