// Reads what browsers send by the Reporting API (W3C Reporting API, section 3.4; CSP level 3, section
// 5.5; Crash Reporting; Deprecation and Intervention Reporting). Other types and malformed reports are
// left out one by one, because a browser sends reports of several types together.

import type { ErrorKind } from './error-groups.ts'
import { foldFrame, foldMessage } from './fold-message.ts'
import type { FoldedError } from './parse-beacon.ts'

/** Reports that are read of one request. */
export const MAX_API_REPORTS = 20
const MAX_TEXT_CHARACTERS = 2000

const KIND_OF: Readonly<Record<string, ErrorKind>> = {
  crash: 'crash',
  'csp-violation': 'csp',
  deprecation: 'deprecation',
  intervention: 'intervention',
}

/**
 * The reports as errors; `undefined` if the body is no list of reports.
 *
 * @param host of the page, with its port.
 */
export function parseApiReports(text: string, host: string): readonly FoldedError[] | undefined {
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(said)) return undefined
  return said.slice(0, MAX_API_REPORTS).flatMap((report) => parseReport(report, host) ?? [])
}

function parseReport(value: unknown, host: string): FoldedError | undefined {
  const { type, url, body } = toRecord(value)
  const kind = typeof type === 'string' && Object.hasOwn(KIND_OF, type) ? KIND_OF[type] : undefined
  // A browser sends what it has of several pages, all of this origin.
  if (kind === undefined || URL.parse(toText(url))?.host !== host) return undefined
  const said = toRecord(body)
  const message = foldMessage(toMessage(kind, said))
  return { kind, message, frame: toFrame(said, host), count: 1 }
}

function toMessage(kind: ErrorKind, body: Readonly<Record<string, unknown>>): string {
  if (kind === 'crash') return toText(body.reason) || 'crash'
  if (kind !== 'csp') return `${toText(body.id)}: ${toText(body.message)}`
  const blocked = toText(body.blockedURL)
  // A policy names origins, or words as `inline` and `eval`.
  const origin = URL.parse(blocked)?.origin ?? blocked
  const only = body.disposition === 'report' ? ' (only reported)' : ''
  return `${toText(body.effectiveDirective)} blocks ${origin}${only}`
}

function toFrame(body: Readonly<Record<string, unknown>>, host: string): string {
  const line = toNumber(body.lineNumber)
  const column = toNumber(body.columnNumber)
  const [file] = toText(body.sourceFile).split(/[?#]/, 1)
  return file && line > 0 ? foldFrame(`${file}:${line}:${column}`, host) : ''
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT_CHARACTERS) : ''
}

function toNumber(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0
}
