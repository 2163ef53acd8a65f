// Calls the upload routes of the admin API (docs/api.md, "Publishing a version"). Every call may be repeated,
// so a call that fails for a temporary reason is retried.

import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { toBackOffMs } from '../core/back-off.ts'
import { MAX_MANIFEST_BYTES } from '../core/site/manifest-limits.ts'
import type { FinalStep, UploadTarget } from '../publish/upload-target.ts'
import { problemAsRead } from '../wire/problems.ts'
import {
  finaliseAsRead,
  MAX_SERVED_BLOB_BYTES,
  missingAsRead,
  partsAsRead,
  uploadStateAsRead,
} from '../wire/uploads.ts'
import type { Api, ApiCall } from './api.ts'
import { CliFailure, EXIT } from './failure.ts'
import { MAX_JSON_BYTES, parseJson, readBytes, readReplyText } from './replies.ts'

/** The first wait, which doubles each time: about 25 s together, in which a server can restart. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 30_000
const MAX_ATTEMPTS = 9

/** A blob of 95 MiB takes minutes on a slow connection. */
const BLOB_TIMEOUT_MS = 600_000

/** For replies whose content does not matter. */
const anything = z.unknown()

export function createUploadTarget(api: Api, signal: AbortSignal): UploadTarget {
  const retry = <T>(work: () => Promise<T>) => withRetries(work, signal)
  const ask = <T>(shape: z.ZodType<T>, method: string, path: string, call?: ApiCall) =>
    retry(() => api.ask(shape, method, path, call))
  const sendBytes = (path: string, bytes: Uint8Array | Blob, replace = false) =>
    ask(anything, 'PUT', path, { bytes, ...toQuery(replace), timeoutMs: BLOB_TIMEOUT_MS })
  const getBytes = (path: string, maxBytes: number) =>
    retry(async () => {
      const response = await api.send('GET', path, { timeoutMs: BLOB_TIMEOUT_MS })
      // 405: an older Holo has no such route.
      if (response.status === 404 || response.status === 405) {
        await response.body?.cancel()
        return undefined
      }
      if (!response.ok) throw await api.toFailure(response)
      return readBytes(response, maxBytes)
    })
  return {
    getManifest: (sha256) => getBytes(`/manifests/${sha256}`, MAX_MANIFEST_BYTES),
    getBlob: (sha256) => getBytes(`/blobs/${sha256}`, MAX_SERVED_BLOB_BYTES),
    putManifest: async (sha256, bytes) => void (await sendBytes(`/manifests/${sha256}`, bytes)),
    begin: async (version, upload) => {
      const begun = await ask(uploadStateAsRead, 'PUT', toUpload(version), { json: upload })
      return {
        state: begun.state === 'finalised' ? 'finalised' : 'open',
        manifest: begun.manifest,
      }
    },
    missing: (version, cursor) =>
      ask(missingAsRead, 'GET', `${toUpload(version)}/missing`, { query: { cursor } }),
    putBlob: async (sha256, bytes, replace) =>
      void (await sendBytes(`/blobs/${sha256}`, bytes, replace)),
    putPack: (pack, replace) =>
      retry(async () => {
        const response = await api.send('POST', '/blobs', {
          bytes: pack,
          ...toQuery(replace),
          timeoutMs: BLOB_TIMEOUT_MS,
        })
        if (response.status === 404 || response.status === 405) {
          await response.body?.cancel()
          return 'unknown'
        }
        if (!response.ok) throw await api.toFailure(response)
        await response.body?.cancel()
        return 'stored'
      }),
    parts: async (sha256) => {
      const { parts, stored } = await ask(partsAsRead, 'GET', `/blobs/${sha256}/parts`)
      return { parts: new Map(parts.map(({ part, size }) => [part, size])), stored }
    },
    putPart: async (sha256, part, bytes) =>
      void (await sendBytes(`/blobs/${sha256}/parts/${part}`, bytes)),
    complete: async (sha256, parts, replace) =>
      void (await ask(anything, 'POST', `/blobs/${sha256}/complete`, {
        json: { parts, ...(replace ? { replace } : {}) },
        timeoutMs: BLOB_TIMEOUT_MS,
      })),
    finalise: (version, manifest) =>
      retry(async (): Promise<FinalStep> => {
        const path = `${toUpload(version)}/finalise`
        const response = await api.send('POST', path, { json: { manifest } })
        if (response.status === 409) {
          const text = await readReplyText(response, MAX_JSON_BYTES)
          const { code, blobs } = readProblem(text)
          if (code === 'blobs_missing' && blobs) return { state: 'missing', blobs }
          throw await api.toFailure(new Response(text, response))
        }
        if (response.status === 404) {
          const text = await readReplyText(response, MAX_JSON_BYTES)
          if (readProblem(text).code === 'not_found') return { state: 'given-up' }
          throw await api.toFailure(new Response(text, response))
        }
        if (!response.ok) throw await api.toFailure(response)
        const final = finaliseAsRead.safeParse(
          parseJson(await readReplyText(response, MAX_JSON_BYTES)),
        )
        if (final.success) return final.data
        throw new CliFailure(
          'unexpected_reply',
          EXIT.unreachable,
          'Holo sent a reply to the end of the upload that this command does not understand',
          { hint: 'check that Holo and this command have the same version' },
        )
      }),
  }
}

/** Left out where it is not needed: an older Holo does not know it. */
function toQuery(replace: boolean): Pick<ApiCall, 'query'> {
  return replace ? { query: { replace: 'true' } } : {}
}

/** An empty object if the text is not a problem of the API. */
function readProblem(text: string): Partial<z.infer<typeof problemAsRead>> {
  const parsed = problemAsRead.safeParse(parseJson(text))
  return parsed.success ? parsed.data : {}
}

function toUpload(version: string): string {
  return `/uploads/${encodeURIComponent(version)}`
}

/** Retries a call that got no reply or an error of the server. A refused call is not retried. */
async function withRetries<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (cause) {
      const mayPass = cause instanceof CliFailure && cause.exitCode === EXIT.unreachable
      if (!mayPass || attempt === MAX_ATTEMPTS) throw cause
      const wait = toBackOffMs(attempt, FIRST_WAIT_MS, LONGEST_WAIT_MS)
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal })
    }
  }
}
