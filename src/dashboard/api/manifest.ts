// Reads the list of files of a version: the same bytes that the edge serves by.

import { err, ok, type Result } from '../../core/result.ts'
import { openManifest } from '../../core/site/manifest.ts'
import { API_PATH } from '../../wire/api-path.ts'
import { type CallFailure, readFailure, UNREACHABLE } from './client.ts'
import { REQUEST_HEADERS } from './session.ts'

export type ListedFile = { readonly path: string; readonly blob: string; readonly size: number }

export async function readManifest(
  sha256: string,
  signal: AbortSignal,
): Promise<Result<readonly ListedFile[], CallFailure>> {
  try {
    const response = await fetch(`${API_PATH}/manifests/${sha256}`, {
      headers: REQUEST_HEADERS,
      credentials: 'same-origin',
      signal,
    })
    if (!response.ok) return err(await readFailure(response))
    const manifest = openManifest(new Uint8Array(await response.arrayBuffer()))
    if (!manifest.ok) return err({ code: 'unreadable', status: 200, title: manifest.error })
    return ok([...manifest.value.entries()].map(({ path, blob, size }) => ({ path, blob, size })))
  } catch {
    return err({ code: 'unreachable', status: 0, title: UNREACHABLE })
  }
}
