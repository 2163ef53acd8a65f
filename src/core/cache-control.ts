// Parses `Cache-Control` as a list (RFC 9111 section 5.2): a comma inside a quoted string ends no
// directive. Callers decide what a directive means for a reply.

export type Directive = {
  /** In lower case. */
  readonly name: string
  /** Without its quotes; `undefined` if the directive has no value. */
  readonly value: string | undefined
  /** The directive as it was written. */
  readonly text: string
}

/**
 * The directives of a `Cache-Control` field in order; empty members are skipped. A quoted string
 * that is never closed (RFC 9110 section 5.6.4) extends to the end.
 */
export function parseCacheControl(field: string | null): Directive[] {
  return splitMembers(field ?? '').flatMap((member): Directive[] => {
    const text = member.trim()
    if (text === '') return []
    const equals = text.indexOf('=')
    if (equals < 0) return [{ name: text.toLowerCase(), value: undefined, text }]
    const name = text.slice(0, equals).trim().toLowerCase()
    return [{ name, value: unquote(text.slice(equals + 1).trim()), text }]
  })
}

function splitMembers(field: string): string[] {
  if (!field.includes('"')) return field.split(',')
  const members: string[] = []
  let start = 0
  let isQuoted = false
  for (let at = 0; at < field.length; at++) {
    const char = field[at]
    if (isQuoted && char === '\\') at += 1
    else if (char === '"') isQuoted = !isQuoted
    else if (char === ',' && !isQuoted) {
      members.push(field.slice(start, at))
      start = at + 1
    }
  }
  members.push(field.slice(start))
  return members
}

function unquote(value: string): string {
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"')
  return isQuoted ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value
}
