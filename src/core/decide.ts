// Which version answers a request: pin, preview, host name, crawler, rules, no identity, bucket, in that
// order. Pure; the same facts and the same document give the same decision in every isolate.

import { permitPin } from './pins.ts'
import { findPreviewed } from './previews.ts'
import { bucketOf } from './traffic.ts'
import type {
  Assignments,
  Decision,
  Environment,
  Reason,
  RequestFacts,
  RuleSubject,
} from './types.ts'

/** One step of the decision, and why it did or did not decide. */
export type DecisionStep = {
  readonly step: Reason
  readonly outcome: 'chosen' | 'passed'
  readonly why: string
}

/**
 * Decides which version answers. It always can: every request has a bucket, and every bucket has a
 * public environment.
 *
 * A document ignores its pin, so that it moves with the traffic, and so does a request for the
 * current version; every other request uses a permitted pin first, so that a page stays on one
 * version. A rule that throws is skipped and named in `skipped`. A restricted environment is
 * skipped unless the request has a grant for it, whatever points at it.
 *
 * @param note is called with each step in order; without it no texts are made.
 */
export function decide(
  facts: RequestFacts,
  assignments: Assignments,
  note?: (step: DecisionStep) => void,
): Decision {
  const bucket = bucketOf(assignments.salt, facts.bucketId ?? facts.visitor)
  const skipped: string[] = []
  const own = facts.anonymous ? assignments.first : (assignments.buckets[bucket] as Environment)
  const chosen = (environment: Environment, reason: Reason, rule?: string): Decision => ({
    version: environment.version,
    environment: environment.name,
    bucket,
    reason,
    rule,
    revision: assignments.revision,
    skipped,
  })

  if (!facts.pin) {
    note?.({ step: 'pin', outcome: 'passed', why: 'the request carries no pin' })
  } else if (facts.kind === 'document' || facts.current) {
    note?.({ step: 'pin', outcome: 'passed', why: whyUnpinned(facts) })
  } else {
    const { claim, source } = facts.pin
    const permitted = permitPin(claim, assignments, facts)
    if (permitted.ok) {
      const { version, environment = own.name } = permitted.value
      note?.({ step: 'pin', outcome: 'chosen', why: `${source} pin to ${version.id}` })
      return { ...chosen(own, 'pin'), version, environment }
    }
    note?.({ step: 'pin', outcome: 'passed', why: `${source} pin ignored: ${permitted.error}` })
  }

  const previewed = findPreviewed(facts, assignments)
  if (previewed) {
    const { version, environment = own.name } = previewed
    note?.({ step: 'preview', outcome: 'chosen', why: `a preview of ${version.id}` })
    return { ...chosen(own, 'preview'), version, environment }
  }

  const hosted = assignments.hosts.get(facts.host)
  if (hosted && isVisible(hosted, facts)) {
    note?.({ step: 'host', outcome: 'chosen', why: `${facts.host} belongs to ${hosted.name}` })
    return chosen(hosted, 'host')
  }
  note?.({ step: 'host', outcome: 'passed', why: whyNot(hosted, 'no environment has this host') })

  if (facts.crawler) {
    const { name } = assignments.first
    note?.({ step: 'crawler', outcome: 'chosen', why: `known crawlers stay on ${name}` })
    return chosen(assignments.first, 'crawler')
  }
  note?.({ step: 'crawler', outcome: 'passed', why: 'no known crawler' })

  if (assignments.rules.length > 0) {
    const subject: RuleSubject = {
      method: facts.method,
      path: facts.path,
      host: facts.host,
      visitor: facts.visitor,
      bucket,
      ...facts.attributes,
    }
    // Whoever asks why is told of every rule.
    const rules = note ? assignments.rules : assignments.candidates?.(subject)
    for (const { name, environment, test } of rules ?? assignments.rules) {
      if (!isVisible(environment, facts)) {
        note?.({ step: 'rule', outcome: 'passed', why: `${name}: ${whyNot(environment, '')}` })
        continue
      }
      try {
        if (test(subject)) {
          note?.({ step: 'rule', outcome: 'chosen', why: `${name} sends to ${environment.name}` })
          return chosen(environment, 'rule', name)
        }
        note?.({ step: 'rule', outcome: 'passed', why: `${name} does not match` })
      } catch (cause) {
        skipped.push(name)
        note?.({ step: 'rule', outcome: 'passed', why: `${name} failed: ${toMessage(cause)}` })
      }
    }
  }

  if (facts.anonymous) {
    const why = `the request carries no identity, and such requests get ${own.name}`
    note?.({ step: 'anonymous', outcome: 'chosen', why })
    return chosen(own, 'anonymous')
  }

  note?.({ step: 'bucket', outcome: 'chosen', why: `bucket ${bucket} belongs to ${own.name}` })
  return chosen(own, 'bucket')
}

function whyUnpinned({ kind }: RequestFacts): string {
  return kind === 'document'
    ? 'a document ignores its pin'
    : 'the request asks for what its visitor gets now, and ignores its pin'
}

function isVisible(environment: Environment, facts: RequestFacts): boolean {
  return !environment.restricted || facts.grants.has(environment.name)
}

function whyNot(environment: Environment | undefined, otherwise: string): string {
  return environment ? `${environment.name} is restricted, and there is no grant` : otherwise
}

/** JsonLogic also throws values that are not errors: NaN, or an object with a type. */
function toMessage(cause: unknown): string {
  if (cause instanceof Error) return cause.message
  if (Number.isNaN(cause)) return 'it compares what is not a number'
  return JSON.stringify(cause) ?? String(cause)
}

export type ExplainResult = { readonly decision: Decision; readonly steps: readonly DecisionStep[] }

/** The decision that `decide` makes, with its steps, for people who ask why. */
export function explain(facts: RequestFacts, assignments: Assignments): ExplainResult {
  const steps: DecisionStep[] = []
  const decision = decide(facts, assignments, (step) => steps.push(step))
  return { decision, steps }
}
