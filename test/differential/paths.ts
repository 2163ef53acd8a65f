// Generated request targets: the address of a file, one that was meant to be it, and spellings of
// both that a browser, a careless proxy or an attacker may send.

import fc from 'fast-check'
import { NAMES } from './folders.ts'

const CUT = ['.html', 'index.html', '/index.html', '/index'] as const
const ADDED = ['/', '/', 'index', '/index', '/index.html', '.html', '/none', 'x'] as const
const SLASHES = ['//', '%2F', '%2f', '\\', '/./', '/x/../', '/%2e/'] as const
const QUERIES = ['?', '?a=1', '?a=b%20c&d', "?'|&%zz", '?u=//e.example', '#f'] as const
const BROKEN = ['%FF', '%C3', '%zz', '%', '%00', '%C0%AF', '%5C', '%09', '%0D%0A', '%20'] as const

const SPELLINGS = {
  canonical: encodeURIComponent,
  /** Only what the runtime refuses in a request line. */
  plain: (text: string) =>
    text.replace(/[^\x21-\x7e]|[%?#\\<>`]/gu, (char) => encodeURIComponent(char)),
  lowerCase: (text: string) => encodeURIComponent(text).toLowerCase(),
  everything: (text: string) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  twice: (text: string) => encodeURIComponent(encodeURIComponent(text)),
  /** Percent signs as they are. */
  halfway: (text: string) => encodeURIComponent(text).replaceAll('%25', '%'),
} as const

/** One of `rare` once in a while, `usual` all other times. */
function mostly<Value>(usual: Value, rare: readonly Value[], weight: number): fc.Arbitrary<Value> {
  return fc.oneof(
    { arbitrary: fc.constant(usual), weight },
    { arbitrary: fc.constantFrom(...rare), weight: 1 },
  )
}

const spelling = mostly(SPELLINGS.canonical, Object.values(SPELLINGS), 2)

/** A request target for a folder of `files`: it begins with a slash and may have a query. */
export function targetFor(files: readonly string[]): fc.Arbitrary<string> {
  const meant = fc
    .tuple(fc.constantFrom(...files), fc.constantFrom('', ...CUT), mostly('', ADDED, 1))
    .map(([file, cut, added]) => (file.endsWith(cut) ? cutOff(file, cut) : file) + added)
  const missing = fc
    .array(fc.constantFrom(...NAMES), { maxLength: 3 })
    .map((names) => `/${names.join('/')}`)
  return fc
    .tuple(
      fc.oneof({ arbitrary: meant, weight: 8 }, { arbitrary: missing, weight: 1 }),
      spelling,
      fc.infiniteStream(mostly('/', SLASHES, 20)),
      mostly('', BROKEN, 15),
      mostly('', QUERIES, 2),
    )
    .map(([path, spell, slashes, broken, query]) => {
      const segments = path.replace(/^\//, '').split('/')
      const spelt = segments.map((segment) => {
        const { value: slash } = slashes.next()
        return slash + spell(segment)
      })
      const target = spelt.join('')
      return (target.startsWith('/') ? target : `/${target}`) + broken + query
    })
}

function cutOff(file: string, ending: string): string {
  return file.slice(0, file.length - ending.length)
}
