// One spelling for each JSON value: RFC 8785 (JSON Canonicalization Scheme). Digests of documents
// are made of it, so that they do not depend on the order in which keys were read or written.

/**
 * The canonical text of a value that JSON can hold. Fields that are `undefined` are left out, as
 * `JSON.stringify` does. A lone surrogate, which RFC 8785 forbids, stays as its `\\ud800` escape.
 *
 * @throws TypeError for what JSON cannot hold: a number that is not finite or a function.
 * @throws RangeError for a value that is nested too deeply.
 */
export function toCanonicalJson(value: unknown): string {
  if (typeof value === 'number') {
    // ECMAScript's own spelling of numbers is the one that RFC 8785 prescribes (section 3.2.2.3).
    if (Number.isFinite(value)) return JSON.stringify(value)
    throw new TypeError(`JSON has no number ${value}`)
  }
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) {
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => toCanonicalJson(item === undefined ? null : item)).join(',')}]`
  }
  if (typeof value === 'object') return toCanonicalObject(value as Record<string, unknown>)
  throw new TypeError(`JSON has no ${typeof value}`)
}

function toCanonicalObject(value: Readonly<Record<string, unknown>>): string {
  const fields = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    // Sorted by UTF-16 code units, as JavaScript compares strings (section 3.2.3).
    .sort()
    .map((name) => `${JSON.stringify(name)}:${toCanonicalJson(value[name])}`)
  return `{${fields.join(',')}}`
}
