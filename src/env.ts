// The bindings of the Worker, as wrangler.toml declares them.

export type Env = {
  /** Holds the document under the key `assignments`. */
  readonly ASSIGNMENTS: KVNamespace
  /** Blobs, manifests and version records. */
  readonly STORE: R2Bucket
  /** Milliseconds between two looks for a newer document. */
  readonly REFRESH_MS: string
  /** Origin that answers while nothing has been published; empty for none. */
  readonly DEFAULT_ORIGIN: string
  /** `true` where services may use http:// and private addresses. */
  readonly ALLOW_INSECURE_ORIGINS: string
}
