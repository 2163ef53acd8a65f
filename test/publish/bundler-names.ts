// Names as bundlers give them: each pattern of test/fixtures/cases/bundler-names.tsv, filled in again
// and again by a generator with a seed, and the page that the tool writes beside it.

import { readFileSync } from 'node:fs'
import { toCasePath } from '../support/cases.ts'

export type BundlerPattern = {
  readonly tool: string
  /** A path with places for hashes: `/assets/index-{b64(8)}.js`. */
  readonly form: string
}

const ALPHABETS: Readonly<Record<string, string>> = {
  hex: '0123456789abcdef',
  b32: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  b36: 'abcdefghijklmnopqrstuvwxyz0123456789',
  b64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
}

export function readPatterns(): BundlerPattern[] {
  return readFileSync(toCasePath('bundler-names.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [tool = '', form = ''] = line.split('\t')
      return { tool, form }
    })
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export function fillIn(form: string, random: () => number): string {
  const draw = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('')
  return form
    .replace(/\{(hex|b32|b36|b64)\((\d+)\)\}/g, (_, alphabet, length) =>
      draw(ALPHABETS[alphabet] ?? '', Number(length)),
    )
    .replace('{uuid}', () =>
      [8, 4, 4, 4, 12].map((length) => draw(ALPHABETS.hex ?? '', length)).join('-'),
    )
}

/** The home page of a build with these tools; others write none, or none that names its files. */
const PAGES: readonly (readonly [RegExp, (random: () => number) => string])[] = [
  [
    /^(?:Vite 5|React Router)/,
    (random) =>
      fillIn(
        `<!doctype html><html lang="en"><head><title>App</title>
<script type="module" crossorigin src="/assets/index-{b64(8)}.js"></script>
<link rel="modulepreload" crossorigin href="/assets/vendor-{b64(8)}.js">
<link rel="stylesheet" crossorigin href="/assets/index-{b64(8)}.css">
</head><body><div id="root"></div></body></html>`,
        random,
      ),
  ],
  [
    /^VitePress/,
    (random) =>
      fillIn(
        `<!doctype html><html><head><link rel="preload stylesheet" href="/assets/style.{b64(8)}.css" as="style">
<script type="module" src="/assets/app.{b64(8)}.js"></script>
<link rel="modulepreload" href="/assets/chunks/theme.{b64(8)}.js">
<link rel="modulepreload" href="/assets/index.md.{b64(8)}.lean.js"></head><body><div id="app"><h1>Docs</h1></div></body></html>`,
        random,
      ),
  ],
  [
    /^(?:Vue CLI|Parcel)/,
    (random) =>
      fillIn(
        `<!doctype html><html><head><script defer="defer" src="/js/chunk-vendors.{hex(8)}.js"></script>
<script defer="defer" src="/js/app.{hex(8)}.js"></script><script type="module" src="/index.{hex(8)}.js"></script>
</head><body><div id="app"></div></body></html>`,
        random,
      ),
  ],
]

export function writeHomePage(tool: string, random: () => number): string | undefined {
  return PAGES.find(([name]) => name.test(tool))?.[1](random)
}
