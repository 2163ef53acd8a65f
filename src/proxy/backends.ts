// What an isolate knows of the backends behind it: one value for all requests, made when the
// isolate starts. No other file of this folder keeps anything between requests.

import { Origins, type OriginsOptions, RetryBudget } from './origins.ts'

export type Backends = {
  readonly origins: Origins
  readonly budget: RetryBudget
  /** The Worker that is bound to this one under a name. */
  readonly findBinding: (name: string) => Pick<Fetcher, 'fetch'> | undefined
}

/**
 * Creates what an isolate keeps about its backends. `bindings` are all bindings by name; those
 * without `fetch` are no Workers.
 */
export function createBackends(options: OriginsOptions & { readonly bindings: object }): Backends {
  const bindings = options.bindings as Readonly<Record<string, unknown>>
  return {
    origins: new Origins(options),
    budget: new RetryBudget(),
    findBinding: (name) => {
      const binding = Object.hasOwn(bindings, name) ? bindings[name] : undefined
      return isFetcher(binding) ? binding : undefined
    },
  }
}

function isFetcher(binding: unknown): binding is Pick<Fetcher, 'fetch'> {
  return (
    typeof binding === 'object' &&
    binding !== null &&
    'fetch' in binding &&
    typeof binding.fetch === 'function'
  )
}
