// Names that the document has to have. Looked at before anything is sent, because here they can be
// held against what was meant.

import type { KnownDocument } from './document.ts'
import { refused } from './failure.ts'
import { toSuggestion } from './suggest.ts'

/** More than this on one line nobody reads. */
const MAX_LISTED = 20

/** @throws CliFailure that names what it may have been. */
export function knowEnvironment(name: string, { document }: KnownDocument): void {
  const known = Object.keys(document.environments)
  knowName('environment', name, known, toSuggestion(name, known))
}

/** A version's neighbour is another release and no slip of the pen: none is suggested. */
export function knowVersion(id: string, { document }: KnownDocument): void {
  knowName('version', id, Object.keys(document.versions), '')
}

function knowName(what: string, name: string, known: readonly string[], suggestion: string): void {
  if (known.includes(name)) return
  const has =
    known.length > MAX_LISTED
      ? `${known.slice(-MAX_LISTED).join(', ')} and older ones`
      : known.join(', ')
  throw refused('unknown_name', `there is no ${what} "${name}"${suggestion}`, {
    hint: `the document has ${has || 'none'}`,
  })
}
