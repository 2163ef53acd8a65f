// Where a link of a Markdown file leads on the site. Everything is relative, so that the site works under any path.

import { existsSync, statSync } from 'node:fs'
import { extname, posix } from 'node:path'
import { ALL_PAGES, toAddress } from './contents.ts'

const PAGES = new Set(ALL_PAGES.map(({ file }) => file))

export type Link = {
  /** `undefined` for what is only in the repository. */
  readonly href: string | undefined
  /** The file that the site needs for it; `undefined` for pages and other sites. */
  readonly copy?: string
}

/** @param file the page in which the link is. */
export function toSiteLink(file: string, link: string): Link {
  if (/^[a-z]+:/.test(link) || link.startsWith('#')) return { href: link }
  const [path = '', anchor] = link.split('#')
  const target = posix.join(posix.dirname(file), path).replace(/\/$/, '')
  const page = [target, `${target}/README.md`].find((name) => PAGES.has(name))
  const end = anchor === undefined ? '' : `#${anchor}`
  if (page !== undefined) return { href: toRelative(file, toAddress(page)) + end }
  if (!existsSync(target)) throw new Error(`${file}: the link to ${link} leads nowhere`)
  if (statSync(target).isDirectory()) return { href: undefined }
  return { href: toRelative(file, `/${toFileName(target)}`), copy: target }
}

/** Where the site has a file of the repository. Without an ending a server would not know what it is. */
export function toFileName(file: string): string {
  return `files/${extname(file) === '' ? `${file}.txt` : file}`
}

export function toRelative(file: string, address: string): string {
  const from = toAddress(file)
  const way = posix.relative(from, address)
  if (way === '') return './'
  return address.endsWith('/') ? `${way}/` : way
}
