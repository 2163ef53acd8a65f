// Why a request gets what it gets: a request is described, and the API explains each step of the decision. Past
// moments are asked for by their revision.

import { useSignal } from '@preact/signals'
import { getOwn } from '../../core/own.ts'
import { err } from '../../core/result.ts'
import { type CallResult, call, type ReplyOf } from '../api/client.ts'
import { Name } from '../parts/name.tsx'
import { LinesField, QuestionForm, TextField } from '../parts/question-form.tsx'
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
  const parsed = parseHeaderLines(headers.value)
  const ask = async (): Promise<CallResult<'POST /explain'>> => {
    const revision = await toRevision(moment.value)
    if (revision === 'none') {
      return err({
        code: 'not_found',
        status: 404,
        title: 'There was no document at that moment: the history begins later.',
      })
    }
    return call('POST /explain', {
      body: {
        url: url.value.trim(),
        ...(visitor.value.trim() === '' ? {} : { visitor: visitor.value.trim() }),
        ...(parsed.ok && Object.keys(parsed.value).length > 0 ? { headers: parsed.value } : {}),
        ...(revision === undefined ? {} : { revision }),
      },
    })
  }
  return (
    <div class="page">
      <h1>Try a visitor</h1>
      <QuestionForm
        verb="Explain"
        isOff={!parsed.ok}
        ask={ask}
        hint="The answer is that of the edge: the same code decides. Nothing is counted, and no backend is called."
        toAnswer={(found) => <Answer found={found} />}
      >
        <TextField label="Address" required inputMode="url" text={url} />
        <TextField
          label="Visitor"
          about="an id; a new visitor if left empty"
          maxLength={256}
          text={visitor}
        />
        <LinesField
          label="Headers"
          about="one a line, as in “cookie: staff=1”"
          text={headers}
          fault={parsed.ok ? undefined : parsed.error}
        />
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
      </QuestionForm>
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
        {getOwn(REASONS, decision.reason) ?? decision.reason}
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
