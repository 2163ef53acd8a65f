// The names of the facts that Holo puts into the context of an evaluation. context.ts says when they replace what
// the caller says.

/** What Holo knows of a visitor's own request. */
export const REQUEST_FACTS: readonly string[] = [
  ...['method', 'path', 'host', 'header', 'cookie', 'query', 'visitor', 'bucket'],
  ...['ip', 'country', 'region', 'city', 'asn', 'colo'],
]

/** All of them, with what Holo says in every evaluation. */
export const FACT_NAMES: readonly string[] = ['version', 'environment', ...REQUEST_FACTS]
