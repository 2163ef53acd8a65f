// Holo's own parameters in a query string, `holo-pin=…` and `holo-preview=…`: reads and removes them, so
// that look-up, backend and `Location` never see them.

const PIN_PARAMETER = 'holo-pin'

/** A signed link, or the environment that somebody with another grant chooses. */
export const PREVIEW_PARAMETER = 'holo-preview'

export type Query = {
  /** The query without these parameters, otherwise byte for byte: empty, or beginning with `?`. */
  readonly search: string
  readonly pin: string | undefined
  readonly preview: string | undefined
}

/**
 * Splits the query of a parsed URL. The first of each counts, and all are removed. A parameter is the
 * pin if its decoded name is exactly `holo-pin`, as a backend would read it.
 */
export function splitQuery(search: string): Query {
  if (search === '') return { search, pin: undefined, preview: undefined }
  const parameters = new URLSearchParams(search)
  const pin = parameters.get(PIN_PARAMETER) ?? undefined
  const preview = parameters.get(PREVIEW_PARAMETER) ?? undefined
  if (pin === undefined && preview === undefined) return { search, pin, preview }
  const kept = search
    .slice(1)
    .split('&')
    .filter((part) => !isOwn(part))
  return { search: kept.length > 0 ? `?${kept.join('&')}` : '', pin, preview }
}

/** The pin of a query, if it has one. */
export function readPinOf(search: string): string | undefined {
  return new URLSearchParams(search).get(PIN_PARAMETER) ?? undefined
}

/**
 * The parser removes the `?` that is put in front: a `?` at the beginning of the name belongs to
 * the name.
 */
function isOwn(part: string): boolean {
  const parameter = new URLSearchParams(`?${part}`)
  return parameter.has(PIN_PARAMETER) || parameter.has(PREVIEW_PARAMETER)
}
