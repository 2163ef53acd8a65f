// Which licences the packages have that come with Holo: its dependencies, those that are optional, and those that are
// built into the dashboard and the scripts of pages. A licence that is not listed here is a decision to make.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** All of them allow use and distribution in a product under any terms, with their notice. */
const ALLOWED = ['MIT', 'ISC', 'Apache-2.0', 'BSD-3-Clause', '0BSD', 'CC0-1.0', 'Unlicense']

/** libvips is a library of its own beside miniflare, which nothing of Holo contains: LGPL asks no more than that. */
const ALLOWED_APART: Readonly<Record<string, string>> = { '@img/sharp-': 'LGPL-3.0-or-later' }

/** Development packages whose code is in the dashboard, or in a script that pages load. */
const BUILT_IN = ['preact', '@preact/signals', '@preact/signals-core', 'uplot', 'web-vitals']

type Entry = { readonly dev?: boolean; readonly optional?: boolean }
type Checked = { readonly count: number; readonly faults: readonly string[] }

/** @param root the folder of package-lock.json and node_modules. */
export function checkLicences(root: string): Checked {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const packages: readonly (readonly [string, Entry])[] = Object.entries(lock.packages)
  const shipped = packages.filter(
    ([path, { dev }]) => path !== '' && (!dev || BUILT_IN.includes(toName(path))),
  )
  let count = 0
  const faults = shipped.flatMap(([path, { optional }]) => {
    const file = join(root, path, 'package.json')
    if (!existsSync(file)) {
      // Of another platform.
      return optional ? [] : [`${path} is not installed`]
    }
    count++
    const { license } = JSON.parse(readFileSync(file, 'utf8')) as { readonly license?: unknown }
    return isAllowed(toName(path), license) ? [] : [`${toName(path)} has the licence ${license}`]
  })
  return { count, faults }
}

function toName(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** Of licences with OR one is enough; with AND all are needed. */
export function isAllowed(name: string, license: unknown): boolean {
  if (typeof license !== 'string') return false
  const apart = Object.entries(ALLOWED_APART).find(([prefix]) => name.startsWith(prefix))?.[1]
  const isOne = (one: string) => ALLOWED.includes(one) || one === apart
  const plain = license.replaceAll(/[()]/g, '')
  return plain.split(' OR ').some((choice) => choice.split(' AND ').every(isOne))
}
