// The bindings of the Worker, as wrangler.toml declares them.

export type Env = {
  /** Holds the document under the key `assignments`. */
  readonly ASSIGNMENTS: KVNamespace
  /** Blobs, manifests and version records. */
  readonly STORE: R2Bucket
  /** The control: one Durable Object, the only writer of the document. */
  readonly CONTROL: DurableObjectNamespace
  /** Milliseconds between two looks for a newer document. */
  readonly REFRESH_MS: string
  /** Origin that answers while nothing has been published; empty for none. */
  readonly DEFAULT_ORIGIN: string
  /** `true` where services may use http:// and private addresses. */
  readonly ALLOW_INSECURE_ORIGINS: string
  /** A secret: the first token of the admin API, with scope `admin`. */
  readonly HOLO_ADMIN_TOKEN?: string
  /** Host of the Cloudflare Access team, such as `team.cloudflareaccess.com`; empty for none. */
  readonly ACCESS_TEAM_DOMAIN?: string
  /** Tag of the Access application in front of the admin API. */
  readonly ACCESS_AUDIENCE?: string
  /** What Access identities may do: `read` when empty. */
  readonly ACCESS_SCOPES?: string
}
