// The pin in a query string: `holo-pin=…`, read and then removed, so that nothing behind the
// decision (look-up, backend, `Location`) ever sees it.

const PIN_PARAMETER = 'holo-pin'

export type Query = {
  /** The query without the pin, byte for byte: empty, or beginning with `?`. */
  readonly search: string
  readonly pin: string | undefined
}

/**
 * Splits the query of a parsed URL; the first pin counts and all are removed. A parameter is the pin
 * if its decoded name is exactly `holo-pin`, so that what is read here and what a backend would read
 * are the same.
 */
export function splitQuery(search: string): Query {
  if (search === '') return { search, pin: undefined }
  const pin = new URLSearchParams(search).get(PIN_PARAMETER)
  if (pin === null) return { search, pin: undefined }
  const kept = search
    .slice(1)
    .split('&')
    .filter((part) => !isPin(part))
  return { search: kept.length > 0 ? `?${kept.join('&')}` : '', pin }
}

/** The `?` in front is for the parser to take off: one that the name begins with belongs to it. */
function isPin(part: string): boolean {
  return new URLSearchParams(`?${part}`).has(PIN_PARAMETER)
}
