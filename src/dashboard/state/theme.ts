// Light or dark: as the system has it, or as somebody chose on this machine.

import { effect, signal } from '@preact/signals'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'holo-theme'
const dark = matchMedia('(prefers-color-scheme: dark)')
const systemIsDark = signal(dark.matches)

function readChoice(): Theme {
  try {
    const kept = localStorage.getItem(KEY)
    return THEMES.find((theme) => theme === kept) ?? 'system'
  } catch {
    return 'system'
  }
}

export const chosenTheme = signal<Theme>(readChoice())

/** Grows whenever colours change, so that charts are drawn again. */
export const paletteVersion = signal(0)

export function startTheme(): void {
  dark.addEventListener('change', ({ matches }) => {
    systemIsDark.value = matches
  })
  effect(() => {
    const choice = chosenTheme.value
    const isDark = choice === 'system' ? systemIsDark.value : choice === 'dark'
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light'
    paletteVersion.value = paletteVersion.peek() + 1
    try {
      localStorage.setItem(KEY, choice)
    } catch {
      // A browser that keeps nothing asks again at the next visit.
    }
  })
}
