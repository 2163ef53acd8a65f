// Calls the shop's API on the page's own origin and compares the answer with what this release
// expects. An answer of another release is a mismatch that says what was expected and what came.

export type Failure =
  /** The API is another one than this page was made for. */
  | { readonly kind: 'mismatch'; readonly expected: string; readonly got: string }
  /** The right API says no, in a sentence for the customer. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** Nobody answered. */
  | { readonly kind: 'unreachable'; readonly message: string }

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure }

export type Question<T> = {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Whether an answer has the shape that this release knows. */
  readonly accepts: (value: unknown) => value is T
  /** That shape in a few words, for whoever sees a mismatch: `{ products: […] }`. */
  readonly shape: string
}

const SHOWN_BODY_CHARACTERS = 160

/** Asks the API. Never rejects. */
export async function ask<T>(question: Question<T>): Promise<Answer<T>> {
  const { method, path, body } = question
  try {
    const response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return judge(question, response, await response.text())
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return failed({ kind: 'unreachable', message: `${method} ${path}: ${why}` })
  }
}

function judge<T>(question: Question<T>, response: Response, text: string): Answer<T> {
  const value = parseJson(text)
  if (response.ok && question.accepts(value)) return { ok: true, value }

  const { method, path, shape } = question
  const refusal = toRefusal(value)
  if (!response.ok && refusal !== undefined) {
    return failed(refusal)
  }
  if (response.status >= 500) {
    const message = `${method} ${path} was answered with ${response.status}.`
    return failed({ kind: 'unreachable', message })
  }
  const release = response.headers.get('x-shop-release') ?? 'unknown'
  const shown =
    text.length > SHOWN_BODY_CHARACTERS ? `${text.slice(0, SHOWN_BODY_CHARACTERS)}…` : text
  return failed({
    kind: 'mismatch',
    expected: `${method} ${path} → ${shape}`,
    got: `${response.status} from release ${release}: ${shown}`,
  })
}

/** The API's own words for a no; `undefined` when it does not even know the endpoint. */
function toRefusal(value: unknown): Failure | undefined {
  if (!isRecord(value) || !isRecord(value.error)) return undefined
  const { code, message, problems } = value.error
  if (code === 'no-such-endpoint' || code === 'method-not-allowed') return undefined
  const found = Array.isArray(problems) ? problems.filter(isRecord) : []
  const sentences = found.map((problem) => String(problem.message))
  const told = sentences.length > 0 ? sentences.join(' ') : String(message)
  return { kind: 'refused', code: String(code), message: told }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Judged as "not what was expected", with the text shown.
    return undefined
  }
}

function failed(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure }
}

/** An object with keys, as opposed to an array, `null` or a plain value. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isString(value: unknown): value is string {
  return typeof value === 'string'
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

/** An array whose entries are all accepted. */
export function isListOf<T>(
  value: unknown,
  accepts: (entry: unknown) => entry is T,
): value is readonly T[] {
  return Array.isArray(value) && value.every(accepts)
}
