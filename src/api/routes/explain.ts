// The route that tells why: the decision the edge would take on a request, and every step to it.

import { readAddress } from '../../core/address.ts'
import { explain } from '../../core/decide.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { compileAssignments } from '../../document/compile.ts'
import { parseAssignments } from '../../document/parse.ts'
import { readFacts } from '../../http/facts.ts'
import { toKind } from '../../http/kind.ts'
import { VERSION_NOW_PATH } from '../../http/own-paths.ts'
import { type Explanation, explainBody, explainReply } from '../../wire/explain.ts'
import { describeAnswerer } from '../http/answerer.ts'
import type { Asker } from '../http/ask-control.ts'
import { type Current, loadText, toFault } from '../http/current-document.ts'
import { isAboutWholeServer, toRequest } from '../http/explained-request.ts'
import type { Failure } from '../http/problems.ts'
import { type Route, route } from '../http/route.ts'

const SERVER_ANSWER =
  'Holo itself, for the whole server: 204 with Allow, before a version is chosen'

export const EXPLAIN_ROUTE: Route = route({
  method: 'POST',
  path: '/explain',
  scope: 'read',
  summary: 'Which version a request would get, and why',
  body: explainBody,
  readsDocument: true,
  oneAtATime: true,
  reply: explainReply,
  handle: async (call) => {
    const isServer = isAboutWholeServer(call.body)
    const url = isServer ? call.body.url.slice(0, -1) : call.body.url
    const request = toRequest({ ...call.body, url })
    if (!request.ok) return request
    const text = await loadRevision(call, call.body.revision)
    if (!text.ok) return text
    const parsed = parseAssignments(text.value.text, { allowInsecure: true })
    if (!parsed.ok) return err({ kind: 'unreadable_revision', problems: parsed.error.map(toFault) })
    const assignments = compileAssignments(parsed.value)
    const { method, headers } = request.value
    const address = readAddress(request.value)
    const read =
      address &&
      readFacts(
        request.value,
        toKind(method, headers, address.path),
        { ...assignments, withAttributes: true },
        address,
      )
    if (!read) {
      const message = 'the edge answers 400 to this address: its host or its path cannot be read'
      return err({ kind: 'invalid_request', problems: [{ path: 'url', message }] })
    }
    const { visitor = read.visitor } = call.body
    const isNamed = call.body.visitor !== undefined
    const facts = {
      ...read,
      visitor,
      minted: read.minted && !isNamed,
      anonymous: read.anonymous && !isNamed,
      current: read.current || read.path === VERSION_NOW_PATH,
    }
    const { decision, steps } = explain(facts, assignments)
    const { host, kind, minted, anonymous, crawler } = facts
    const path = isServer ? '*' : facts.path
    const body: Explanation = {
      request: { method, host, path, kind, visitor, minted, anonymous, crawler },
      decision: { ...decision, version: decision.version.id, skipped: [...decision.skipped] },
      steps: [...steps],
      answer: isServer ? SERVER_ANSWER : describeAnswerer(facts, decision),
    }
    return ok({ body })
  },
})

async function loadRevision(
  { ask, caller }: Asker,
  revision: number | undefined,
): Promise<Result<Current, Failure>> {
  if (revision === undefined) return loadText({ ask, caller })
  const answer = await ask('none', (control) => control.revision(caller, revision))
  if (!answer.ok) return answer
  const found = answer.value
  return found ? ok(found) : err({ kind: 'not_found' })
}
