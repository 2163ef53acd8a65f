// One upload with its progress on the screen, and what is said when it is cut short: what was sent is
// kept, and the same command goes on from there.

import { showProgress } from '../publish/progress.ts'
import { type UploadOptions, type UploadResult, uploadFolder } from '../publish/upload.ts'
import { retainedAsRead } from '../wire/versions.ts'
import type { Api } from './api.ts'
import type { Context } from './command.ts'
import { CliFailure, EXIT } from './failure.ts'
import { createUploadTarget } from './upload-api.ts'

/** Names are held against those of so many versions, the newest, that visitors may still be on. */
const MAX_RETAINED = 10

export async function runUpload(
  context: Context,
  api: Api,
  options: UploadOptions,
): Promise<UploadResult> {
  const { signal, progress, env, shared } = context
  const bar = progress && !shared.json ? showProgress(options.id, progress, env) : undefined
  let last = { files: 0, ofFiles: 0, doing: '' }
  try {
    return await uploadFolder(
      createUploadTarget(api, signal),
      options,
      (step) => {
        last = step
        bar?.report(step)
      },
      signal,
    )
  } catch (cause) {
    const isLost = cause instanceof CliFailure && cause.exitCode === EXIT.unreachable
    if (!signal.aborted && !isLost) throw cause
    const sent =
      last.doing === 'uploading'
        ? `${last.files} of ${last.ofFiles} blobs are uploaded`
        : 'nothing is lost'
    const hint = `${sent}: the same command goes on from there`
    if (isLost)
      throw new CliFailure(cause.code, cause.exitCode, cause.message, { ...cause.details, hint })
    throw new CliFailure(
      'interrupted',
      EXIT.interrupted,
      `stopped; ${options.id} is not published`,
      { hint },
    )
  } finally {
    bar?.end()
  }
}

/** The newest versions that may be on screens; none while there is no document. */
export async function loadRetained(api: Api): Promise<{ id: string; manifest: string }[]> {
  try {
    const { versions } = await api.ask(retainedAsRead, 'GET', '/versions')
    const time = (published: string | undefined) => Date.parse(published ?? '') || 0
    return versions
      .toReversed()
      .sort((a, b) => time(b.published) - time(a.published))
      .slice(0, MAX_RETAINED)
  } catch (cause) {
    if (cause instanceof CliFailure && cause.code === 'no_document') return []
    throw cause
  }
}
