// What an isolate knows of the backends behind it: one for all requests, made when the isolate
// begins. The rest of this folder holds nothing from one request to the next.

import { Origins, type OriginsOptions } from './origins.ts'
import { RetryBudget } from './retry-budget.ts'

export type Backends = {
  readonly origins: Origins
  readonly budget: RetryBudget
  /** The Worker that is bound to this one under a name. */
  readonly findBinding: (name: string) => Pick<Fetcher, 'fetch'> | undefined
}

/** `bindings` holds them by name, with all else that is bound: what cannot `fetch` is no Worker. */
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
