// The site that the rows of the RFC suite ask for, published into an edge of its own.

import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { ENCODED_SCRIPT, SCRIPT } from '../support/encoded.ts'
import { type PublishedFiles, publishVersion } from '../support/published.ts'

/** 2,000 bytes, every one of which tells its place. */
export const TEXT = Buffer.from(Array.from({ length: 400 }, (_, n) => `${1000 + n};`).join(''))
export const PAGE = Buffer.from('<!doctype html><title>a page</title>')
export const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
export const BODY = {
  identity: Buffer.from(SCRIPT),
  br: Buffer.from(ENCODED_SCRIPT.br),
  gzip: Buffer.from(ENCODED_SCRIPT.gzip),
  zstd: Buffer.from(ENCODED_SCRIPT.zstd),
} as const

/** Hashed, in every encoding. */
export const SCRIPT_PATH = '/assets/app-5d41402a.js'

const files: PublishedFiles = {
  '/text.txt': { body: Uint8Array.from(TEXT) },
  '/empty.txt': { body: '' },
  '/logo.png': { body: Uint8Array.from(PNG), type: 'image/png' },
  '/assets/logo-900150983cd24fb0.png': {
    body: Uint8Array.from(PNG),
    type: 'image/png',
    hashed: true,
  },
  '/plain.js': { body: SCRIPT, type: 'text/javascript; charset=utf-8', encodings: ENCODED_SCRIPT },
  [SCRIPT_PATH]: {
    body: SCRIPT,
    type: 'text/javascript; charset=utf-8',
    hashed: true,
    encodings: ENCODED_SCRIPT,
  },
  '/index.html': { body: Uint8Array.from(PAGE), type: 'text/html; charset=utf-8' },
  '/page.html': { body: Uint8Array.from(PAGE), type: 'text/html; charset=utf-8', hashed: true },
  '/docs/index.html': { body: Uint8Array.from(PAGE), type: 'text/html; charset=utf-8' },
  '/404.html': { body: Uint8Array.from(PAGE), type: 'text/html; charset=utf-8', hashed: true },
}

/** The edge answers on its direct socket, which alters nothing. */
export async function startSite(): Promise<Edge> {
  const edge = await startEdge({ host: '127.0.0.1', port: 0, direct: true })
  const bucket = await edge.miniflare.getR2Bucket('STORE')
  const { manifest } = await publishVersion(
    { put: (key, value) => bucket.put(key, value) },
    '1',
    files,
    '404-page',
  )
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'rfc',
    environments: { main: { version: '1' } },
    traffic: { main: 100 },
    versions: { 1: { manifest } },
  }
  const kv = await edge.miniflare.getKVNamespace('ASSIGNMENTS')
  await kv.put('assignments', JSON.stringify(document))
  return edge
}
