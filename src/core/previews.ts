// Signed previews: what a link says, how it is written, and which links still count. Pure: src/preview
// checks signatures and reads requests, and decide.ts says which version a preview leads to.

import { fromBase64Url, toBase64Url } from './base64url.ts'
import { ENVIRONMENT_NAME, VERSION_ID } from './names.ts'
import { err, ok, type Result } from './result.ts'
import type { Assignments, PreviewChoice, RequestFacts, Version } from './types.ts'

/** What a link grants, and until when. */
export type PreviewClaims = {
  /** Names the link, so that it can be revoked. */
  readonly id: string
  /** The id of the key that signed it. */
  readonly key: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** Versions and environments that may be seen, at least one of both. */
  readonly versions: readonly string[]
  readonly environments: readonly string[]
}

/** The parts of a token before its signature is checked. */
export type PreviewToken = {
  readonly claims: PreviewClaims
  /** The text that is signed. */
  readonly signed: string
  readonly signature: Uint8Array<ArrayBuffer>
}

/** The public keys and revoked links of a document. */
export type PreviewKeys = {
  /** Ed25519 public keys in base64url, by id. The last one signs. */
  readonly keys: ReadonlyMap<string, string>
  readonly revoked: ReadonlySet<string>
}

/** A link of the longest kind, with some room: all names at their full length fit into a cookie. */
export const MAX_PREVIEW_TOKEN_CHARACTERS = 2048

/** So many versions and environments together can be in one link. */
export const MAX_PREVIEWED = 10

/** Signed with the payload, so that no signature made for another purpose counts here. */
const SIGNED_PREFIX = 'holo-preview-1.'

export const PREVIEW_ID = /^[A-Za-z0-9_-]{12}$/
export const PREVIEW_KEY_ID = /^[a-z0-9]{8}$/

/** 32 bytes in base64url: a public key of Ed25519 (RFC 8032 section 5.1.5). */
export const PREVIEW_KEY = /^[A-Za-z0-9_-]{43}$/

/** A payload, and a signature of 64 bytes. */
const TOKEN = /^([A-Za-z0-9_-]{8,1900})\.([A-Za-z0-9_-]{86})$/

/** The text that is signed for these claims, and the payload that stands in the token. */
export function toPreviewPayload({ id, key, expiresAt, versions, environments }: PreviewClaims): {
  readonly payload: string
  readonly signed: string
} {
  const said = { k: key, i: id, x: Math.ceil(expiresAt / 1000), v: versions, e: environments }
  const payload = toBase64Url(new TextEncoder().encode(JSON.stringify(said)))
  return { payload, signed: SIGNED_PREFIX + payload }
}

export function toPreviewToken(payload: string, signature: Uint8Array): string {
  return `${payload}.${toBase64Url(signature)}`
}

/** Reads a token; `undefined` if it has not the form of one. Its signature is not checked here. */
export function parsePreviewToken(text: string): PreviewToken | undefined {
  if (text.length > MAX_PREVIEW_TOKEN_CHARACTERS) return undefined
  const [, payload, signature] = TOKEN.exec(text) ?? []
  if (payload === undefined || signature === undefined) return undefined
  const [read, bytes] = [fromBase64Url(payload), fromBase64Url(signature)]
  const claims = read && bytes && parseClaims(read)
  return claims && { claims, signed: SIGNED_PREFIX + payload, signature: bytes }
}

function parseClaims(bytes: Uint8Array<ArrayBuffer>): PreviewClaims | undefined {
  let said: unknown
  try {
    said = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // Not a payload of ours.
    return undefined
  }
  if (typeof said !== 'object' || said === null) return undefined
  const { k, i, x, v, e } = said as Record<string, unknown>
  const isNamed = isText(k, PREVIEW_KEY_ID) && isText(i, PREVIEW_ID)
  if (!isNamed || typeof x !== 'number' || !Number.isSafeInteger(x)) return undefined
  if (!isList(v, VERSION_ID) || !isList(e, ENVIRONMENT_NAME)) return undefined
  const count = v.length + e.length
  if (count < 1 || count > MAX_PREVIEWED) return undefined
  return { id: i, key: k, expiresAt: x * 1000, versions: v, environments: e }
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value)
}

function isList(value: unknown, form: RegExp): value is string[] {
  return Array.isArray(value) && value.every((item) => isText(item, form))
}

/** Why a link that was once signed by this Holo no longer counts. */
export type PreviewFault = 'key removed' | 'revoked' | 'expired' | 'gone'

/**
 * Whether a link, whose signature is right for its key, counts in this document: the key is still there,
 * the link is neither revoked nor over, and something that it grants still exists.
 */
export function permitPreview(
  claims: PreviewClaims,
  { keys, revoked }: PreviewKeys,
  assignments: Pick<Assignments, 'versions' | 'environments'>,
  now: number,
): Result<PreviewClaims, PreviewFault> {
  if (!keys.has(claims.key)) return err('key removed')
  if (revoked.has(claims.id)) return err('revoked')
  if (claims.expiresAt <= now) return err('expired')
  const versions = claims.versions.filter((id) => assignments.versions.get(id)?.withdrawn === false)
  const environments = claims.environments.filter((name) => assignments.environments.has(name))
  if (versions.length + environments.length === 0) return err('gone')
  return ok({ ...claims, versions, environments })
}

/** The choice in `0.0.6` or `@qa`; `undefined` when it is neither. */
export function parsePreviewChoice(text: string): PreviewChoice | undefined {
  if (VERSION_ID.test(text)) return { version: text }
  const name = text.startsWith('@') ? text.slice(1) : ''
  return ENVIRONMENT_NAME.test(name) ? { environment: name } : undefined
}

export function toPreviewChoiceText(choice: PreviewChoice): string {
  return 'version' in choice ? choice.version : `@${choice.environment}`
}

/** What a preview shows. Without an environment of its own, a version stands in the visitor's. */
export type Previewed = { readonly version: Version; readonly environment: string | undefined }

/**
 * The version that a preview leads to, `undefined` if this request has none: the version of its host
 * name, what was chosen in the bar, else the first that the link grants.
 */
export function findPreviewed(
  facts: Pick<RequestFacts, 'host' | 'grants' | 'preview'>,
  assignments: Assignments,
): Previewed | undefined {
  const { preview, grants } = facts
  if (!preview) return undefined
  const hosted = findHostedVersion(facts.host, assignments)
  if (hosted && !hosted.withdrawn && preview.versions.has(hosted.id)) {
    return toPreviewed(hosted, assignments)
  }
  const { choice } = preview
  const environment =
    choice && 'environment' in choice && grants.has(choice.environment)
      ? assignments.environments.get(choice.environment)
      : undefined
  if (environment) return { version: environment.version, environment: environment.name }
  const chosen = choice && 'version' in choice ? choice.version : undefined
  const [first] = preview.versions
  const id = chosen !== undefined && preview.versions.has(chosen) ? chosen : first
  const version = id === undefined ? undefined : assignments.versions.get(id)
  if (version && !version.withdrawn) return toPreviewed(version, assignments)
  const [name] = preview.environments
  const own = name === undefined ? undefined : assignments.environments.get(name)
  return own && { version: own.version, environment: own.name }
}

/** A version that a public environment shows is previewed in that environment. */
function toPreviewed(version: Version, { environments }: Assignments): Previewed {
  for (const { name, version: shown, restricted } of environments.values()) {
    if (shown === version && !restricted) return { version, environment: name }
  }
  return { version, environment: undefined }
}

/** The version of a host name such as `0-0-6.preview.example.com`. */
function findHostedVersion(host: string, { previewHosts }: Assignments): Version | undefined {
  if (!previewHosts) return undefined
  const dot = host.indexOf('.')
  if (dot < 1 || !previewHosts.domains.has(host.slice(dot + 1))) return undefined
  return previewHosts.versions.get(host.slice(0, dot))
}

function isRestricted(
  version: Version,
  { environments }: Pick<Assignments, 'environments'>,
): boolean {
  for (const { restricted, version: shown } of environments.values()) {
    if (restricted && shown === version) return true
  }
  return false
}

/**
 * The label under which a version has a host name: in lower case, with `-` for what a label cannot hold
 * (RFC 1035 section 2.3.1); `undefined` if it would not be a label.
 */
export function toPreviewLabel(version: string): string | undefined {
  const label = version.toLowerCase().replace(/[^a-z0-9-]/g, '-')
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label) ? label : undefined
}

/** Whether a grant alone shows this version here, so that nothing of the reply is for anybody else. */
export function isForFewEyes(
  facts: Pick<RequestFacts, 'grants' | 'preview'>,
  decision: { readonly reason: string; readonly environment: string; readonly version: Version },
  { environments }: Pick<Assignments, 'environments'>,
): boolean {
  if (facts.preview || decision.reason === 'preview') return true
  if (facts.grants.size === 0) return false
  if (environments.get(decision.environment)?.restricted) return true
  const { version } = decision
  return !version.open && isRestricted(version, { environments })
}

/** The versions that this request may see by a grant alone: those of its link, and of its environments. */
export function listGranted(
  { grants, preview }: Pick<RequestFacts, 'grants' | 'preview'>,
  { versions, environments }: Pick<Assignments, 'versions' | 'environments'>,
): readonly Version[] {
  const granted = [
    ...[...(preview?.versions ?? [])].map((id) => versions.get(id)),
    ...[...grants].map((name) => environments.get(name)?.version),
  ]
  return granted.filter((version) => version !== undefined)
}
