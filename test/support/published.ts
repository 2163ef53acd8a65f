// Puts files and their manifest into a bucket as publishing does, for tests that start with a
// version in place.

import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { DEFAULT_HTML_HANDLING, type ManifestConfig } from '../../src/core/site/manifest-config.ts'
import type { Encoding } from '../../src/core/site/manifest-entry.ts'
import type { Version } from '../../src/core/types.ts'
import type { VersionRecord } from '../../src/document/version-record.ts'

/** The part of R2 that is written to. */
export type WritableBucket = {
  readonly put: (key: string, value: Uint8Array<ArrayBuffer>) => Promise<unknown>
}

export type PublishedFile = {
  readonly body: string | Uint8Array<ArrayBuffer>
  /** `text/plain; charset=utf-8` unless said. */
  readonly type?: string
  readonly hashed?: boolean
  /** The stored bytes of each encoding. */
  readonly encodings?: Partial<Record<Encoding, Uint8Array<ArrayBuffer>>>
  /** The manifest holds these bytes for the plain form, as publishing does for small pages. */
  readonly inline?: Uint8Array<ArrayBuffer>
}

/** Files by manifest path. */
export type PublishedFiles = Readonly<Record<string, PublishedFile>>

/** Writes blobs, manifest and record; the version is open and has no services. */
export async function publishVersion(
  bucket: WritableBucket,
  id: string,
  files: PublishedFiles,
  notFound: ManifestConfig['notFound'] = 'none',
  rules: Pick<ManifestConfig, 'headers' | 'redirects' | 'loads'> = {},
): Promise<Version> {
  const putBlob = async (bytes: Uint8Array<ArrayBuffer>) => {
    const blob = await sha256(bytes)
    await bucket.put(`blobs/${blob}`, bytes)
    return { blob, size: bytes.length }
  }
  const entries = []
  const held = new Map<string, Uint8Array>()
  for (const [path, { body, type, hashed, encodings = {}, inline }] of Object.entries(files)) {
    const encoded = []
    for (const [encoding, bytes] of Object.entries(encodings)) {
      encoded.push({ encoding: encoding as Encoding, ...(await putBlob(bytes)) })
    }
    const plain = await putBlob(
      typeof body === 'string' ? Uint8Array.from(new TextEncoder().encode(body)) : body,
    )
    if (inline) held.set(plain.blob, inline)
    entries.push({
      path,
      type: type ?? 'text/plain; charset=utf-8',
      hashed: hashed ?? false,
      encodings: encoded,
      ...plain,
    })
  }
  const bytes = new Uint8Array(
    encodeManifest(entries, { htmlHandling: DEFAULT_HTML_HANDLING, notFound, ...rules }, held),
  )
  const manifest = await sha256(bytes)
  await bucket.put(`manifests/${manifest}`, bytes)
  const record: VersionRecord = {
    id,
    manifest,
    services: [],
    files: entries.length,
    bytes: entries.reduce((sum, { size }) => sum + size, 0),
    createdAt: '2026-11-23T12:00:00Z',
  }
  const text = new TextEncoder().encode(JSON.stringify(record))
  await bucket.put(`versions/${id}`, Uint8Array.from(text))
  return { id, manifest, services: [], open: true, openIn: new Map(), withdrawn: false }
}

/** 64 lower-case hex digits. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
