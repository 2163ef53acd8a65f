// Headers that a framework, or a server in front of one, writes for itself and believes wherever they
// come from: with one of them a client gets past a check, reads another path than the one that was
// decided on, or has another page put into a cache. docs/security.md tells users the same list.

/** Names in lower case; one that ends with `*` stands for all that begin like it. */
export const BYPASS_HEADERS: readonly string[] = [
  // IIS, Symfony, Zend: another path than that of the request line.
  'x-original-url',
  'x-rewrite-url',
  'x-original-uri',
  // Rails, Laravel, Symfony, Django: another method.
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  // Symfony's and PHP's frameworks: another host than `X-Forwarded-Host` says.
  'x-host',
  'x-original-host',
  'x-http-host-override',
  // Next.js: middleware is skipped (CVE-2025-29927), or its result is forged.
  'x-middleware-*',
  'x-invoke-*',
  'x-matched-path',
  'x-now-route-matches',
  'next-resume',
  'x-next-resume-state-length',
  // OpenNext, which runs Next.js in a Worker: what its routing found.
  'x-opennext-*',
  // React Router: modes of its build (CVE-2025-43864, CVE-2025-43865).
  'x-react-router-spa-mode',
  'x-react-router-prerender-data',
  // Astro: another path (CVE-2026-33768), and what its middleware found.
  'x-astro-path',
  'x-astro-locals',
  // Nuxt: the modes of its build and of its error page.
  'x-nitro-prerender',
  'x-nuxt-error',
  // Rack and Plack: another file is sent (CVE-2025-61780).
  'x-sendfile-type',
  'x-accel-mapping',
]

/** Next.js' own pages send it, with requests that fetch ahead. */
const HONEST = 'x-middleware-prefetch'

const NAMES: ReadonlySet<string> = new Set(BYPASS_HEADERS)
const BEGINNINGS = BYPASS_HEADERS.filter((name) => name.endsWith('*')).map((name) =>
  name.slice(0, -1),
)

/** Whether a header, in lower case, is one of these. */
export function isBypass(name: string): boolean {
  if (NAMES.has(name)) return true
  return name !== HONEST && BEGINNINGS.some((beginning) => name.startsWith(beginning))
}
