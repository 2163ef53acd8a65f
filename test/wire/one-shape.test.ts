// Every shape that crosses a process stands in src/wire and nowhere else, and every command that is written
// is one that can be called.

/// <reference types="vite/types/importMeta.d.ts" />

import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { COMMAND_ROWS } from '../../src/cli/commands.ts'

const read = (file: string) => readFileSync(file, 'utf8')

/** Whether the file makes a shape of its own: a type of zod alone makes none. */
const makesShapes = (file: string) => /^import (?!type )[^\n]*from 'zod'/m.test(read(file))

describe('shapes', () => {
  it.each(['src/api/routes/*.ts', 'src/cli/commands/*.ts'])('are not made in %s', (pattern) => {
    const files = globSync(pattern)
    expect(files.length).toBeGreaterThan(10)
    expect(files.filter(makesShapes)).toEqual([])
  })

  it('of replies are read as a newer Holo may send them', () => {
    const files = globSync('src/cli/**/*.ts')
    const asked = files.flatMap((file) =>
      [...read(file).matchAll(/\bapi\.ask\(\s*([^,]+),/g)].map(([, shape]) => `${file} ${shape}`),
    )
    expect(asked.length).toBeGreaterThan(20)
    expect(asked.filter((one) => !/AsRead$| shape$/.test(one))).toEqual([])
  })
})

describe('shapes of readers', () => {
  it('are marked, so that the Worker is bundled without them', () => {
    for (const file of globSync('src/wire/*.ts')) {
      const calls = read(file).match(/(?:\/\* @__PURE__ \*\/ )?forReaders\(/g) ?? []
      for (const call of calls) expect(call, file).toBe('/* @__PURE__ */ forReaders(')
    }
  })
})

describe('the table of commands', () => {
  it('has every command that a file of cli/commands exports', () => {
    const modules = import.meta.glob<Record<string, unknown>>('../../src/cli/commands/*.ts', {
      eager: true,
    })
    const written = Object.values(modules)
      .flatMap((module) => Object.values(module).flat())
      .filter(
        (one): one is (typeof COMMAND_ROWS)[number] =>
          typeof one === 'object' && one !== null && 'run' in one && 'examples' in one,
      )
    const known = new Set(COMMAND_ROWS)
    expect(written.length).toBeGreaterThan(30)
    expect(written.filter((row) => !known.has(row)).map(({ name }) => name)).toEqual([])
  })
})
