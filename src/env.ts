// The bindings of the Worker, as wrangler.toml declares them.

import type { ControlCalls } from './control/contract.ts'

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
  /** The control, by the name `CONTROL_NAME`: the only writer of the document. */
  readonly CONTROL: { readonly getByName: (name: string) => ControlCalls }
  /** The host of a Cloudflare Access team, whose JWTs are accepted then; empty for none. */
  readonly ACCESS_TEAM_DOMAIN: string
  /** The tag of the Access application that the JWTs must be meant for. */
  readonly ACCESS_AUDIENCE: string
  /** What an Access identity may do, as in `read shift`. */
  readonly ACCESS_SCOPES: string
  /** A secret: the first token, which makes the others. */
  readonly HOLO_ADMIN_TOKEN?: string
}
