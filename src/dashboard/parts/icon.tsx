// Small drawings. Each has a neighbour that says the same in words, so they are hidden from screen readers.

import { getOwn } from '../../core/own.ts'

const PATHS = {
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.3 10.3 14 14',
  close: 'm3.5 3.5 9 9m0-9-9 9',
  back: 'M2.5 6.5h7a4 4 0 0 1 0 8h-3m-4-8 3-3m-3 3 3 3',
  arrow: 'M3 8h10m-4-4 4 4-4 4',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6ZM8 1v1.6m0 10.8V15M1 8h1.6m10.8 0H15M3 3l1.2 1.2m7.6 7.6L13 13M3 13l1.2-1.2m7.6-7.6L13 3',
  moon: 'M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1Z',
  system: 'M2 3h12v8H2zM6 14h4m-2-3v3',
  user: 'M8 2.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4ZM2.8 14c.5-2.6 2.5-4 5.2-4s4.7 1.4 5.2 4',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}

/** Health by shape: circle, ring with a dot, diamond, square, ring. */
const MARKS: Readonly<
  Record<string, { readonly tone: string; readonly path: string; readonly isHollow?: true }>
> = {
  Healthy: { tone: 'good', path: 'M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1Z' },
  Online: {
    tone: 'good',
    path: 'M6 1.75a4.25 4.25 0 1 0 0 8.5 4.25 4.25 0 0 0 0-8.5Z',
    isHollow: true,
  },
  Degraded: { tone: 'warn', path: 'M6 .5 11.5 6 6 11.5.5 6Z' },
  Down: { tone: 'bad', path: 'M1 1h10v10H1Z' },
  Unknown: {
    tone: 'quiet',
    path: 'M6 1.75a4.25 4.25 0 1 0 0 8.5 4.25 4.25 0 0 0 0-8.5Z',
    isHollow: true,
  },
}

export function HealthMark({ state }: { state: string }) {
  const { tone, path, isHollow } = getOwn(MARKS, state) ?? {
    tone: 'quiet',
    path: 'M2 6h8',
    isHollow: true,
  }
  return (
    <svg class={`mark ${tone}${isHollow ? ' hollow' : ''}`} viewBox="0 0 12 12" aria-hidden="true">
      <path d={path} />
      {state === 'Online' ? <circle cx="6" cy="6" r="1.6" /> : null}
    </svg>
  )
}
