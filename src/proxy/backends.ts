// What an isolate knows of the backends behind it: one value for all requests, made when the
// isolate starts. No other file of this folder keeps anything between requests.

import { type BoundWorker, findBoundWorker } from '../core/services.ts'
import { Origins, type OriginsOptions, RetryBudget } from './origins.ts'

export type Backends = {
  readonly origins: Origins
  readonly budget: RetryBudget
  /** The Worker that is bound to this one under a name. */
  readonly findBinding: (name: string) => BoundWorker | undefined
}

/** Creates what an isolate keeps about its backends. `bindings` are all bindings by name. */
export function createBackends(options: OriginsOptions & { readonly bindings: object }): Backends {
  return {
    origins: new Origins(options),
    budget: new RetryBudget(),
    findBinding: (name) => findBoundWorker(options.bindings, name),
  }
}
