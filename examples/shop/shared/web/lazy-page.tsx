// A page whose code is fetched when it is first shown. That its chunk can still be had long after
// the document was loaded is the server's promise; where it is broken, it is said on the page.

import type { FunctionComponent } from 'preact'
import { useEffect, useState } from 'preact/hooks'

type Loaded<Props> = { readonly Page: FunctionComponent<Props> } | { readonly problem: string }

/** Makes a component of a dynamic import: `lazyPage(() => import('./about-page.tsx').then(…))`. */
export function lazyPage<Props extends object = object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  return function LazyPage(props: Props) {
    const [loaded, setLoaded] = useState<Loaded<Props>>()
    useEffect(() => {
      load().then(
        (Page) => setLoaded({ Page }),
        (error: unknown) => setLoaded({ problem: String(error) }),
      )
    }, [])
    if (loaded === undefined) return <p class="waiting">Loading…</p>
    if ('problem' in loaded) {
      return (
        <p class="failure" role="alert" data-testid="chunk-error">
          A part of this page could not be loaded: {loaded.problem}
        </p>
      )
    }
    return <loaded.Page {...props} />
  }
}
