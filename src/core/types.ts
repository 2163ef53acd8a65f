// The words of docs/architecture.md as types: what a version, an environment, the facts of a
// request and a decision are. The document is compiled to these shapes, and `decide` reads them.

/** A path prefix of a version and the backend origins that answer it. */
export type Service = {
  /** Starts and ends with `/`. `/` is a server-rendered app. */
  readonly prefix: string
  /**
   * The origins that answer, at least one: absolute origins without query or credentials, or
   * `service:NAME`, another Worker that is bound under that name.
   */
  readonly origins: readonly string[]
  /** The longest wait for the first byte of an answer, in milliseconds. */
  readonly timeoutMs: number
  /**
   * Whether the prefix is removed from paths: the backend is asked for `/x` when the client asks
   * for `/api/x`.
   */
  readonly stripPrefix: boolean
  /** The longest body of a request in bytes; `Infinity` without a limit. */
  readonly maxBodyBytes: number
  /** The environment whose service of the same prefix answers while this one is down. */
  readonly fallback: string | undefined
}

/**
 * How visitors come to a version in an environment: by their `bucket`, by a `rule` of the document,
 * or by a `host` name alone, which makes it a preview.
 */
export type OpenedBy = 'bucket' | 'rule' | 'host'

/** An immutable release. */
export type Version = {
  readonly id: string
  /** SHA-256 of the manifest's bytes, 64 lower-case hex digits. */
  readonly manifest: string
  /** Longest prefix first, so that the first match wins. */
  readonly services: readonly Service[]
  /**
   * Visitors of the site had it, by bucket or by a rule, so that a tab anywhere may be pinned to
   * it.
   */
  readonly open: boolean
  /**
   * The public environments in which it could be seen, by name, and how visitors came to it there.
   */
  readonly openIn: ReadonlyMap<string, OpenedBy>
  /** Withdrawn: it must not serve anybody any more. */
  readonly withdrawn: boolean
  /** The id of its build, which the framework of its pages sends by itself. */
  readonly frameworkId?: string | undefined
}

/**
 * The names under which frameworks send the ids of builds, with the versions that use each, the newest
 * first. A query without a name is one that consists of the id alone.
 */
export type FrameworkPinNames = {
  readonly headers: ReadonlyMap<string, readonly Version[]>
  readonly queries: ReadonlyMap<string, readonly Version[]>
}

/** A named pointer to a version. */
export type Environment = {
  readonly name: string
  readonly version: Version
  /** Whether it can be reached only with a grant. */
  readonly restricted: boolean
}

/** What a pin claims, before it is checked. */
export type PinClaim = { readonly version: string; readonly environment: string | undefined }

/**
 * Where a pin was found. `framework`: under a name that the framework of the page uses. `referrer`: in the
 * address of the worker that makes the request.
 */
export type PinSource = 'header' | 'query' | 'framework' | 'referrer' | 'cookie'

/**
 * What a request is to the page it belongs to. Only a `document` opens a top-level page; it sets a
 * pin and ignores one. A `navigation` (frame, form post, prefetch) follows the pin. A `subresource`
 * clearly asks for something else than a page; `unknown` shows no sign of either.
 */
export type RequestKind = 'document' | 'navigation' | 'subresource' | 'unknown'

/** What rules may look at besides the path. Absent values are absent keys. */
export type Attributes = {
  readonly header: Readonly<Record<string, string>>
  readonly cookie: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly ip?: string
  readonly country?: string
  readonly region?: string
  readonly city?: string
  readonly asn?: number
  readonly colo?: string
}

/** One request, as plain data. */
export type RequestFacts = {
  readonly method: string
  /** Lower case, without port. */
  readonly host: string
  /** The normalised path, which is matched, cached, looked up and forwarded. */
  readonly path: string
  readonly kind: RequestKind
  /**
   * The id that is hashed to a bucket. Never empty: a new visitor gets one before the decision, and
   * all requests without an identity share one.
   */
  readonly visitor: string
  /**
   * The id that is hashed instead of `visitor`: that of a browser which had a bucket before its
   * visitor was identified.
   */
  readonly bucketId?: string | undefined
  /**
   * The request carries no identity and is not a visitor's first page, so that it has no bucket. It
   * gets the first public environment, like all such requests of one page.
   */
  readonly anonymous: boolean
  /**
   * The request asks for the version that its visitor would get now, so that its pin is ignored.
   * Every document does.
   */
  readonly current: boolean
  readonly crawler: boolean
  readonly pin: { readonly claim: PinClaim; readonly source: PinSource } | undefined
  readonly attributes: Attributes
  /** Names of the restricted environments that the request may see. */
  readonly grants: ReadonlySet<string>
  /** The signed preview of the request, if it has one that counts. */
  readonly preview?: GrantedPreview | undefined
}

/** A version or an environment that somebody chose to look at. */
export type PreviewChoice = { readonly version: string } | { readonly environment: string }

/** What a request may see by a signed link. Its environments are among `grants` as well. */
export type GrantedPreview = {
  /** Ids of versions, in the order of the link. */
  readonly versions: ReadonlySet<string>
  readonly environments: ReadonlySet<string>
  /** What was chosen, allowed or not. */
  readonly choice: PreviewChoice | undefined
}

/** Why a version was chosen. */
export type Reason = 'pin' | 'preview' | 'host' | 'crawler' | 'rule' | 'anonymous' | 'bucket'

/** The answer of `decide`: a value that can be logged, put in a header and replayed. */
export type Decision = {
  readonly version: Version
  readonly environment: string
  /** 0 to 9,999. */
  readonly bucket: number
  readonly reason: Reason
  /** The name of the rule, when a rule decided. */
  readonly rule: string | undefined
  readonly revision: number
  /** Names of rules that failed to evaluate and were skipped. */
  readonly skipped: readonly string[]
}

/** A compiled rule. `test` may throw; the caller then skips the rule. */
export type Rule = {
  readonly name: string
  readonly environment: Environment
  readonly test: (subject: RuleSubject) => boolean
}

/** What a rule's `var` sees. */
export type RuleSubject = Attributes & {
  readonly method: string
  readonly path: string
  readonly host: string
  readonly visitor: string
  /** 0 to 9,999. */
  readonly bucket: number
}

/** What the `var` of a condition in `admit` sees: the claims of a verified identity, and nothing else. */
export type AdmissionSubject = { readonly identity: Readonly<Record<string, unknown>> }

/** The document as `decide` reads it; `document/compile` makes it once per revision. */
export type Assignments = {
  readonly revision: number
  readonly salt: string
  readonly environments: ReadonlyMap<string, Environment>
  readonly hosts: ReadonlyMap<string, Environment>
  readonly rules: readonly Rule[]
  /**
   * The rules that may match or throw for a request, in their order, where that is found out sooner than by trying
   * them all.
   */
  readonly candidates?: ((subject: RuleSubject) => readonly Rule[]) | undefined
  /** The environment of each bucket: 10,000 entries, public ones only. */
  readonly buckets: readonly Environment[]
  /**
   * The first public environment that has traffic: for crawlers, and for requests without an
   * identity.
   */
  readonly first: Environment
  readonly versions: ReadonlyMap<string, Version>
  /** Names that count as a pin besides Holo's own, where versions have some. */
  readonly frameworkPins?: FrameworkPinNames | undefined
  /** The host names of single versions, where the document has some. */
  readonly previewHosts?: PreviewHosts | undefined
}

/** Host names such as `0-0-6.preview.example.com`. */
export type PreviewHosts = {
  /** What follows the first label: `preview.example.com`. */
  readonly domains: ReadonlySet<string>
  /** Versions by label. */
  readonly versions: ReadonlyMap<string, Version>
}
