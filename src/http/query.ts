// The pin in a query string: `holo-pin=…`, read and then removed, so that nothing behind the
// decision (look-up, backend, `Location`) ever sees it.

const PIN_PARAMETER = 'holo-pin'

export type Query = {
  /** The query without the pin, byte for byte: empty, or beginning with `?`. */
  readonly search: string
  readonly pin: string | undefined
}

export function splitQuery(search: string): Query {
  const pin = new URLSearchParams(search).get(PIN_PARAMETER)
  if (pin === null) return { search, pin: undefined }
  const kept = search
    .slice(1)
    .split('&')
    .filter((part) => !new URLSearchParams(part).has(PIN_PARAMETER))
  return { search: kept.length > 0 ? `?${kept.join('&')}` : '', pin }
}
