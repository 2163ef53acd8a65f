// Why a request gets what it gets: a request is described, and the API explains each step of the decision. Past
// moments are asked for by their revision.

import { useSignal } from '@preact/signals'
import { type CallFailure, call, type ReplyOf } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { Name } from '../parts/name.tsx'
import { FailureBox } from '../parts/state.tsx'
import { VersionTag } from '../parts/version-tag.tsx'
import { findRevisionAt, parseHeaderLines } from '../say/request-lines.ts'
import { toSentence } from '../say/sentence.ts'
import { toHref } from '../state/route.ts'

type Explanation = ReplyOf<'POST /explain'>

const REASONS: Readonly<Record<string, string>> = {
  pin: 'its tab is pinned to it',
  host: 'of the host name',
  crawler: 'it is a crawler',
  rule: 'of a rule',
  anonymous: 'it has no identity',
  bucket: 'of its bucket',
}

export function TryPage(_: { rest: readonly string[] }) {
  const url = useSignal(`${location.origin}/`)
  const visitor = useSignal('')
  const headers = useSignal('')
  const moment = useSignal('')
  const found = useSignal<Explanation | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  const isBusy = useSignal(false)
  const parsed = parseHeaderLines(headers.value)
  const submit = async () => {
    if (isBusy.value || !parsed.ok) return
    isBusy.value = true
    failure.value = undefined
    const revision = await toRevision(moment.value)
    if (revision === 'none') {
      failure.value = {
        code: 'not_found',
        status: 404,
        title: 'There was no document at that moment: the history begins later.',
      }
      isBusy.value = false
      return
    }
    const answer = await call('POST /explain', {
      body: {
        url: url.value.trim(),
        ...(visitor.value.trim() === '' ? {} : { visitor: visitor.value.trim() }),
        ...(Object.keys(parsed.value).length === 0 ? {} : { headers: parsed.value }),
        ...(revision === undefined ? {} : { revision }),
      },
    })
    isBusy.value = false
    if (answer.ok) found.value = answer.value
    else failure.value = answer.error
  }
  return (
    <div class="page">
      <h1>Try a visitor</h1>
      <form
        class="start-form"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <div class="sheet padded">
          <label class="field">
            <span>Address</span>
            <input
              type="text"
              required
              inputMode="url"
              spellcheck={false}
              value={url.value}
              onInput={(event) => {
                url.value = event.currentTarget.value
              }}
            />
          </label>
          <label class="field">
            <span>
              Visitor <small>an id; a new visitor if left empty</small>
            </span>
            <input
              type="text"
              maxLength={256}
              spellcheck={false}
              value={visitor.value}
              onInput={(event) => {
                visitor.value = event.currentTarget.value
              }}
            />
          </label>
          <label class="field">
            <span>
              Headers <small>one a line, as in “cookie: staff=1”</small>
            </span>
            <textarea
              rows={4}
              spellcheck={false}
              value={headers.value}
              aria-invalid={parsed.ok ? undefined : 'true'}
              onInput={(event) => {
                headers.value = event.currentTarget.value
              }}
            />
          </label>
          {parsed.ok ? null : (
            <p class="fault" role="alert">
              {parsed.error}
            </p>
          )}
          <label class="field">
            <span>
              Moment <small>now if left empty</small>
            </span>
            <input
              type="datetime-local"
              step={1}
              value={moment.value}
              onInput={(event) => {
                moment.value = event.currentTarget.value
              }}
            />
          </label>
          <footer class="sheet-foot">
            <Button
              kind="main"
              type="submit"
              isBusy={isBusy.value}
              isOff={!parsed.ok}
              onClick={submit}
            >
              {isBusy.value ? 'Asking…' : 'Explain'}
            </Button>
          </footer>
        </div>
        <div class="sheet padded" aria-live="polite">
          {failure.value ? <FailureBox failure={failure.value} /> : null}
          {found.value ? (
            <Answer found={found.value} />
          ) : failure.value ? null : (
            <p class="quiet">
              The answer is that of the edge: the same code decides. Nothing is counted, and no
              backend is called.
            </p>
          )}
        </div>
      </form>
    </div>
  )
}

/** The revision that held at a moment. An empty text stands for the present, and gives `undefined`. */
async function toRevision(moment: string): Promise<number | 'none' | undefined> {
  if (moment === '') return undefined
  const at = new Date(moment).getTime()
  let before: number | undefined
  do {
    const page: Awaited<ReturnType<typeof readRevisionPage>> = await readRevisionPage(before)
    if (!page.ok) return undefined
    const revision = findRevisionAt(page.value.revisions, at)
    if (revision !== undefined) return revision
    before = page.value.next
  } while (before !== undefined)
  return 'none'
}

function readRevisionPage(before: number | undefined) {
  return call('GET /revisions', {
    query: { limit: '100', ...(before === undefined ? {} : { before: String(before) }) },
  })
}

function Answer({ found: { request, decision, steps, answer } }: { found: Explanation }) {
  return (
    <>
      <h2 class="answer">
        <VersionTag id={decision.version} /> in <Name text={decision.environment} />, because{' '}
        {REASONS[decision.reason] ?? decision.reason}
        {decision.rule === undefined ? null : (
          <>
            {' '}
            “<Name text={decision.rule} />”
          </>
        )}
      </h2>
      <ol class="steps">
        {steps.map(({ step, outcome, why }, i) => (
          <li key={`${i} ${step}`}>
            <strong>
              <bdi>{step}</bdi>
            </strong>
            <span>
              <bdi>{outcome}</bdi>
            </span>
            <span class="quiet">
              <bdi>{toSentence(why)}</bdi>
            </span>
          </li>
        ))}
      </ol>
      <dl class="facts">
        <div>
          <dt>Answered by</dt>
          <dd>
            <bdi>{answer}</bdi>
          </dd>
        </div>
        <div>
          <dt>Visitor</dt>
          <dd>
            {request.anonymous ? 'none' : <Name text={request.visitor} mono />}
            {request.minted ? ' (new)' : ''}
          </dd>
        </div>
        <div>
          <dt>Bucket</dt>
          <dd class="num">{decision.bucket} of 10,000</dd>
        </div>
        <div>
          <dt>Kind</dt>
          <dd>
            {request.kind}
            {request.crawler ? ', by a crawler' : ''}
          </dd>
        </div>
        <div>
          <dt>Revision</dt>
          <dd>
            <a class="num" href={toHref('audit', 'revision', decision.revision)}>
              r{decision.revision}
            </a>
          </dd>
        </div>
        {decision.skipped.length > 0 ? (
          <div>
            <dt>Rules that failed</dt>
            <dd>
              {decision.skipped.map((name) => (
                <Name key={name} text={name} />
              ))}
            </dd>
          </div>
        ) : null}
      </dl>
    </>
  )
}
