// What an isolate knows of the backends behind it: one value for all requests, made when the isolate
// starts. No other file of this folder keeps anything between requests.

import { Origins, type OriginsOptions } from './origins.ts'

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

/** One retry for every ten requests. */
const REQUESTS_PER_RETRY = 10
/** What an isolate that has been quiet may spend at once. */
const BURST_RETRIES = 10

export class RetryBudget {
  /** Requests that no retry has been spent on. A new isolate begins with the whole burst. */
  #saved = BURST_RETRIES * REQUESTS_PER_RETRY

  /** To be called once for every request. */
  earn(): void {
    if (this.#saved < BURST_RETRIES * REQUESTS_PER_RETRY) this.#saved += 1
  }

  /** Whether a retry may be made; it is paid for then. */
  spend(): boolean {
    if (this.#saved < REQUESTS_PER_RETRY) return false
    this.#saved -= REQUESTS_PER_RETRY
    return true
  }
}
