// The bindings of the Worker, as wrangler.toml declares them.

import type { ControlCalls } from './control/contract.ts'

/** The control's namespace, or another Worker that stands in for it. */
export type ControlNamespace = { readonly getByName: (name: string) => ControlCalls }

export type Env = {
  /** Holds the document under the key `assignments`. */
  readonly ASSIGNMENTS: KVNamespace
  /** Blobs, manifests and version records. */
  readonly STORE: R2Bucket
  /** The only writer of the document. */
  readonly CONTROL: ControlNamespace
  /** Milliseconds between two looks at KV for a newer document. */
  readonly KV_REFRESH_MS: string
  /** Age of the document in milliseconds from which the control is asked. */
  readonly CONTROL_REFRESH_MS: string
  /** Age in milliseconds past which a page's document waits for the control. */
  readonly STALE_AFTER_MS: string
  /** How long it waits at most, in milliseconds. */
  readonly DOCUMENT_WAIT_MS: string
  /** Name of the cache that the isolates of a data centre share; empty for the default one. */
  readonly CACHE_NAME: string
  /** Origin that answers while nothing has been published; empty for none. */
  readonly DEFAULT_ORIGIN: string
  /** `true` where services may use http:// and private addresses. */
  readonly ALLOW_INSECURE_ORIGINS: string
}
