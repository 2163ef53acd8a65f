// Which page is shown: it stands in the fragment of the address, which no server gets to see.

import { computed, signal } from '@preact/signals'

const fragment = signal(location.hash)

addEventListener('hashchange', () => {
  fragment.value = location.hash
})

/** The parts of `#/rollouts/7`: `['rollouts', '7']`. */
export const routeParts = computed(() =>
  fragment.value
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part)
      } catch {
        return part
      }
    }),
)

export function toHref(...parts: readonly (string | number)[]): string {
  return `#/${parts.map((part) => encodeURIComponent(String(part))).join('/')}`
}

export function goTo(...parts: readonly (string | number)[]): void {
  location.hash = toHref(...parts)
}
