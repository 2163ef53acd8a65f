// Private files of a version, such as source maps, are found only by `findAny` and `entries`. What serves
// visitors uses neither, so that it cannot serve one.

import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

describe('what serves visitors', () => {
  it('looks files up in no way that finds private ones', () => {
    const files = globSync([
      'src/{assets,http,proxy,preview,client,loading}/**/*.ts',
      'src/*.ts',
      'src/core/site/{resolve,redirects}.ts',
    ])
    expect(files.length).toBeGreaterThan(50)
    const wrong = files.filter((file) => {
      return /\bfindAny\(|[mM]anifest\w*(?:\.value)?\.entries\(/.test(readFileSync(file, 'utf8'))
    })
    expect(wrong).toEqual([])
  })
})
