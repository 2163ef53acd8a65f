// `POST /.holo/tab`: whether the version of an open tab still counts, which version its visitor would get
// now, and whether a file that the tab has loaded is another one there. The script of the tab asks.

import type { Assets } from './assets/assets.ts'
import { decide } from './core/decide.ts'
import { mayFollow, parsePin, permitPin } from './core/pins.ts'
import type { Manifest } from './core/site/manifest.ts'
import type { Version } from './core/types.ts'
import type { CompiledAssignments } from './document/compile.ts'
import { errorResponse } from './http/errors.ts'
import type { Facts } from './http/facts.ts'
import { readSmallBody } from './http/small-body.ts'

/** The script sends fewer: what a page has loaded until it began to work. */
const MAX_FILES = 250
const MAX_QUESTION_BYTES = 65_536

type TabOptions = {
  readonly request: Request
  readonly facts: Facts
  readonly assignments: CompiledAssignments
  readonly assets: Assets
  readonly requestId: string
  readonly ctx: Pick<ExecutionContext, 'waitUntil'>
}

type Asked = { readonly pin: string; readonly files: readonly string[] }

export async function serveTab(options: TabOptions): Promise<Response> {
  const { request, facts, assignments, requestId } = options
  if (request.method !== 'POST') {
    return errorResponse('method_not_allowed', requestId, { allow: 'POST' })
  }
  const asked = await readAsked(request)
  if (asked === 'too_large') return errorResponse('body_too_large', requestId)
  if (!asked) return errorResponse('bad_body', requestId)
  const now = decide({ ...facts, current: true }, assignments)
  const claim = parsePin(asked.pin)
  const isPinned = claim !== undefined && permitPin(claim, assignments, facts).ok
  // A version that this visitor must not see is told as one that there is not.
  const version = claim && assignments.versions.get(claim.version)
  const seen = version && mayFollow(version, assignments, facts) ? version : undefined
  const { response: expose } = assignments.expose
  const told = {
    ...(expose.has('version') ? { version: now.version.id } : {}),
    ...(expose.has('environment') ? { environment: now.environment } : {}),
    pinned: isPinned,
    filesChanged: await haveChanged(asked.files, seen, now.version, options),
  }
  return new Response(JSON.stringify(told), {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}

/** The body, if it has the right form. */
async function readAsked(request: Request): Promise<Asked | 'too_large' | undefined> {
  const text = await readSmallBody(request, MAX_QUESTION_BYTES)
  if (text === undefined || text === 'too_large') return text
  try {
    const { pin, files } = JSON.parse(text) as Partial<Asked>
    const isRight =
      typeof pin === 'string' &&
      Array.isArray(files) &&
      files.length <= MAX_FILES &&
      files.every((file) => typeof file === 'string')
    return isRight ? { pin, files } : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether one of the files that the old version has is missing in the new one, or is another. Paths
 * that are no files of the old version are not looked at. If the old version is not known any more,
 * its files count as changed.
 */
async function haveChanged(
  files: readonly string[],
  old: Version | undefined,
  now: Version,
  { assets, ctx }: TabOptions,
): Promise<boolean> {
  if (old === now) return false
  if (!old) return true
  if (old.manifest === now.manifest) return false
  const [before, after] = await Promise.all([assets.open(old, ctx), assets.open(now, ctx)])
  if (before === 'unavailable' || after === 'unavailable') return true
  return files.some((file) => {
    const blob = findBlob(assets, before, file)
    return blob !== undefined && blob !== findBlob(assets, after, file)
  })
}

function findBlob(assets: Assets, manifest: Manifest, path: string): string | undefined {
  const found = assets.findOwn(manifest, path)
  return found?.kind === 'file' ? found.entry.blob : undefined
}
