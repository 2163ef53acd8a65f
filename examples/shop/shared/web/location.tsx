// The address of the page as a value, and links that change it without loading a document. Which
// page an address shows is each release's own.

import type { ComponentChildren } from 'preact'
import { createCell } from './cell.ts'

const path = createCell(location.pathname)

addEventListener('popstate', () => path.set(location.pathname))

/** The path of the page that is shown, `/product/dune-cup`. */
export const usePath = path.use

/** Shows another page of the shop. */
export function navigate(to: string): void {
  history.pushState(null, '', to)
  path.set(location.pathname)
  scrollTo(0, 0)
}

type LinkProps = {
  readonly to: string
  readonly class?: string
  readonly testId?: string
  readonly children: ComponentChildren
}

/** A link within the shop. With a modifier key it is an ordinary link: new tab, new window. */
export function Link({ to, testId, children, class: className = '' }: LinkProps) {
  const current = usePath() === to
  const follow = (event: MouseEvent) => {
    const ordinary = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey
    if (ordinary || event.button !== 0) return
    event.preventDefault()
    navigate(to)
  }
  return (
    <a
      href={to}
      class={className}
      data-testid={testId}
      aria-current={current ? 'page' : undefined}
      onClick={follow}
    >
      {children}
    </a>
  )
}
