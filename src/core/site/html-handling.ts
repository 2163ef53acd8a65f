// Under which path a page of a version is served, and which other spellings lead there: the four
// modes of `html_handling` in Cloudflare Workers Static Assets, rule by rule. Names are decoded
// ones; spelling them in a URL, and what is shown where nothing is found, is resolve.ts' affair.

import type { Manifest, ManifestEntry } from './manifest.ts'
import type { ManifestConfig } from './manifest-config.ts'

/** A file of the version, or the name under which the version would rather serve it. */
export type Page =
  | { readonly kind: 'file'; readonly entry: ManifestEntry }
  | { readonly kind: 'elsewhere'; readonly name: string }

/** For a name `<stem><ending>`: the file of that name, `<stem>.html`, `<stem>/index.html`. */
type Source = 'self' | 'page' | 'index'

/** Serve the source, or send the visitor from the source to `<stem>` or `<stem>/`. */
type Rule = Source | readonly [source: 'page' | 'index', to: 'stem' | 'stem/']

const ENDINGS = ['/index', '/index.html', '/', '.html'] as const

/** In their order: the rules of an ending, those of `/` itself, and after them those of all names. */
type Rules = Readonly<Record<(typeof ENDINGS)[number] | 'root' | 'any', readonly Rule[]>>

const RULES: Readonly<Record<ManifestConfig['htmlHandling'], Rules>> = {
  // x.html is at /x, x/index.html at /x/.
  'auto-trailing-slash': {
    '/index': ['self', ['index', 'stem/'], ['page', 'stem']],
    '/index.html': [
      ['index', 'stem/'],
      ['page', 'stem'],
    ],
    '/': ['index', ['page', 'stem']],
    '.html': [
      ['page', 'stem'],
      ['index', 'stem/'],
    ],
    root: ['index'],
    any: ['self', 'page', ['index', 'stem/']],
  },
  // Both are at /x/.
  'force-trailing-slash': {
    '/index': ['self', ['index', 'stem/'], ['page', 'stem/']],
    '/index.html': [
      ['index', 'stem/'],
      ['page', 'stem/'],
    ],
    '/': ['index', 'page'],
    '.html': [['page', 'stem/'], 'self', ['index', 'stem/']],
    root: ['index'],
    any: ['self', ['page', 'stem/'], ['index', 'stem/']],
  },
  // Both are at /x.
  'drop-trailing-slash': {
    '/index': ['self', ['page', 'stem'], ['index', 'stem']],
    '/index.html': [['index', 'stem'], 'self', ['page', 'stem']],
    '/': [
      ['page', 'stem'],
      ['index', 'stem'],
    ],
    '.html': [
      ['page', 'stem'],
      ['index', 'stem'],
    ],
    root: ['index'],
    any: ['self', 'page', 'index'],
  },
  // Every file is at its own name only.
  none: { '/index': [], '/index.html': [], '/': [], '.html': [], root: [], any: ['self'] },
}

/** What the version has for a decoded name, `undefined` when it has nothing. */
export function findPage(manifest: Manifest, name: string): Page | undefined {
  for (const { rule, stem } of rulesOf(manifest, name)) {
    if (typeof rule === 'string') {
      const entry = manifest.find(toFileName(rule, name, stem))
      if (entry) return { kind: 'file', entry }
      continue
    }
    const [source, to] = rule
    // The root is the one folder that cannot lose its slash.
    const other = to === 'stem/' ? `${stem}/` : stem || '/'
    const wanted = manifest.find(toFileName(source, name, stem))
    if (wanted && isServedAt(manifest, other, wanted)) return { kind: 'elsewhere', name: other }
  }
  return undefined
}

/** Nobody is ever sent to another content, nor to a name that a file of its own has. */
function isServedAt(manifest: Manifest, name: string, { blob }: ManifestEntry): boolean {
  // Two slashes are one to whoever asks: such a name is never asked for.
  if (name.includes('//') || manifest.find(name)) return false
  for (const { rule, stem } of rulesOf(manifest, name)) {
    const entry = typeof rule === 'string' ? manifest.find(toFileName(rule, name, stem)) : undefined
    if (entry) return entry.blob === blob
  }
  return false
}

function* rulesOf({ config }: Manifest, name: string): Generator<{ rule: Rule; stem: string }> {
  const rules = RULES[config.htmlHandling]
  const ending = ENDINGS.find((one) => name.endsWith(one))
  if (ending) {
    const stem = name.slice(0, -ending.length)
    for (const rule of rules[stem === '' && ending === '/' ? 'root' : ending]) yield { rule, stem }
  }
  for (const rule of rules.any) yield { rule, stem: name }
}

function toFileName(source: Source, name: string, stem: string): string {
  if (source === 'self') return name
  return source === 'page' ? `${stem}.html` : `${stem}/index.html`
}
