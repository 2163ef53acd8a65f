// Which page a single-page application is shown with, where it is not `/index.html`: the one that the
// publisher names, that `_redirects` names, or that has the name of a well-known fallback page.

import { DEFAULT_APP_PAGE, type ManifestConfig } from '../core/site/manifest-config.ts'
import { PublishError } from './messages.ts'

/** Surge, Nuxt and SvelteKit; React Router. `/index.html` is then a page of its own beside it. */
const FALLBACK_PAGES = ['/200.html', '/__spa-fallback.html']

export type AppPageOptions = {
  readonly paths: Iterable<string>
  readonly notFound: ManifestConfig['notFound']
  /** The publisher's own word, and what `_redirects` says. */
  readonly named: string | undefined
  readonly byRule: string | undefined
}

/**
 * A decoded path; `undefined` where it is the usual one, or the version is no such application.
 *
 * @throws PublishError when the named page is not there.
 */
export function findAppPage({ paths, notFound, named, byRule }: AppPageOptions) {
  const all = new Set(paths)
  const wanted = named === undefined ? undefined : `/${named.replace(/^\/+/, '')}`
  if (wanted !== undefined && !all.has(wanted)) {
    throw new PublishError(`there is no file ${wanted}, which "appPage" names`)
  }
  if (notFound !== 'single-page-application') return undefined
  const page = wanted ?? byRule ?? FALLBACK_PAGES.find((path) => all.has(path))
  return page === DEFAULT_APP_PAGE ? undefined : page
}

/** Whether some page is there only to be shown for what is not. */
export function hasFallbackPage(paths: Iterable<string>): boolean {
  return [...paths].some((path) => FALLBACK_PAGES.includes(path))
}
