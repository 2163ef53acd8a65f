// The bindings and variables of the Worker, as wrangler.toml declares them.

import type { ControlStub } from './control/contract.ts'

export type Env = {
  /** Holds the document under the key `assignments`. */
  readonly ASSIGNMENTS: KVNamespace
  /** Blobs, manifests and version records. */
  readonly STORE: R2Bucket
  /** The files of the dashboard; absent where they were not built. */
  readonly DASHBOARD?: Fetcher
  /** Milliseconds between two reads of KV for a newer document. */
  readonly KV_REFRESH_MS: string
  /** Age of the document in milliseconds from which the control is asked. */
  readonly CONTROL_REFRESH_MS: string
  /** Age in milliseconds above which a page's document waits for the control. */
  readonly STALE_AFTER_MS: string
  /** How long a page's document waits for the control at most, in milliseconds. */
  readonly DOCUMENT_WAIT_MS: string
  /** How long counts wait for the next call of the control before a call is made for them, in milliseconds. */
  readonly COUNTS_FLUSH_MS: string
  /** Where counts are kept for the long term, if a data set is bound. */
  readonly COUNTS?: AnalyticsEngineDataset
  /** The name of the cache that the isolates of a data centre share; empty for the default one. */
  readonly CACHE_NAME: string
  /** The origin that answers while nothing has been published; empty for none. */
  readonly DEFAULT_ORIGIN: string
  /** `true` if services may use http:// and private addresses. */
  readonly ALLOW_INSECURE_ORIGINS: string
  /** The control, by the name `CONTROL_NAME`: the only writer of the document. */
  readonly CONTROL: { readonly getByName: (name: string) => ControlStub }
  /** The only host name where browsers may sign in, and where no version is served; empty for every host name. */
  readonly DASHBOARD_HOST?: string
  /** The host of a Cloudflare Access team whose JWTs are accepted; empty for none. */
  readonly ACCESS_TEAM_DOMAIN: string
  /** The audience tag (`aud`) of the Access application that JWTs must be issued for. */
  readonly ACCESS_AUDIENCE: string
  /** What an Access identity may do, as in `read shift`. */
  readonly ACCESS_SCOPES: string
  /** How many of the newest versions are kept even if no environment points at them. */
  readonly RETAIN_VERSIONS?: string
  /** For how many days a version is kept after an environment last pointed at it. */
  readonly RETAIN_DAYS?: string
  /** A secret: the first token, with which all other tokens are created. */
  readonly HOLO_ADMIN_TOKEN?: string
}
