// The pin in a query string, `holo-pin=…`: reads it and removes it, so that look-up, backend and
// `Location` never see it.

const PIN_PARAMETER = 'holo-pin'

export type Query = {
  /** The query without the pin, otherwise byte for byte: empty, or beginning with `?`. */
  readonly search: string
  readonly pin: string | undefined
}

/**
 * Splits the query of a parsed URL. The first pin counts, and all are removed. A parameter is the
 * pin if its decoded name is exactly `holo-pin`, as a backend would read it.
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

/** The pin of a query, if it has one. */
export function readPinOf(search: string): string | undefined {
  return new URLSearchParams(search).get(PIN_PARAMETER) ?? undefined
}

/**
 * The parser removes the `?` that is put in front: a `?` at the beginning of the name belongs to
 * the name.
 */
function isPin(part: string): boolean {
  return new URLSearchParams(`?${part}`).has(PIN_PARAMETER)
}
