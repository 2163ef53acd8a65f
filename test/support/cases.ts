// Where the small inputs lie that failed once (test/fixtures/cases/README.md).

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A newer collection may lie beside the checkout; where none does, the copy in it is read. */
const PLACES = ['../../../shared/cases', '../fixtures/cases']

/** The absolute path of one case, a folder or a file. */
export function toCasePath(name: string): string {
  const paths = PLACES.map((place) => fileURLToPath(new URL(`${place}/${name}`, import.meta.url)))
  const path = paths.find((candidate) => existsSync(candidate))
  if (!path) throw new TypeError(`there is no case "${name}"`)
  return path
}
