// Who would answer a decided request, in words: as far as the document tells. Whether the version has
// a file at the path stands in its manifest, which is not read here.

import { isNetworkPath } from '../../core/path.ts'
import { isAmbiguous, matchService } from '../../core/services.ts'
import type { Decision, RequestFacts } from '../../core/types.ts'
import { isOwnPath, VERSION_NOW_PATH } from '../../http/own-paths.ts'

/** The order of router.ts and act.ts, told. */
export function describeAnswerer(
  { method, path, kind }: Pick<RequestFacts, 'method' | 'path' | 'kind'>,
  { version }: Decision,
): string {
  if (isNetworkPath(path)) {
    return `nobody: ${path} could be taken for one of /cdn-cgi/, which is Cloudflare's, so it is a 404 before a version is chosen`
  }
  if (path === VERSION_NOW_PATH) return 'Holo itself: version and environment of now, as JSON'
  if (isOwnPath(path)) return 'Holo itself, before a version is chosen: its API, else 404'
  const { id, services } = version
  const service = matchService(services, path)
  const forwarded =
    service && `service ${service.prefix} of version ${id} (${service.origins.join(', ')})`
  if (service && isAmbiguous(services, path)) {
    return `nobody: ${path} could be taken for a path of another service, so it is a 400`
  }
  const isRead = method === 'GET' || method === 'HEAD'
  if (!isRead) {
    return (
      forwarded ?? `no service of version ${id} has this path: 405 where it is a file, else 404`
    )
  }
  const file = `the file of version ${id} at ${path}, if it has one`
  const isPart = kind === 'subresource'
  if (service && service.prefix !== '/') return `${file}; else ${forwarded}`
  const elsewhere = 'the file of another version that visitors had'
  if (forwarded) {
    return isPart
      ? `${file}; else code or media under a hashed name of another version that visitors had; else ${forwarded}; where that has nothing, ${elsewhere}`
      : `${file}; else ${forwarded}`
  }
  if (isPart) return `${file}; else ${elsewhere}; else 404`
  return `${file}; else the page that version ${id} has for what is not there`
}
