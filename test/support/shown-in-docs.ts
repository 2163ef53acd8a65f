// Figures that the documentation shows and a test makes: they must be the same. With HOLO_WRITE_DOCS
// set, the documentation is written anew instead.

import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { findPlace } from '../../scripts/markdown.ts'

/** Holds `text` against what stands between `<!-- name -->` and `<!-- /name -->` in the file. */
export function expectShownInDocs(file: string, name: string, text: string): void {
  const place = findPlace(readFileSync(file, 'utf8'), name)
  expect(place, `${file} has the marks of "${name}"`).toBeDefined()
  if (process.env.HOLO_WRITE_DOCS) writeFileSync(file, place?.replace(text) ?? '')
  else expect(place?.text, `${file}: run this test with HOLO_WRITE_DOCS=1`).toBe(text)
}
