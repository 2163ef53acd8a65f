/// <reference types="vite/types/importMeta.d.ts" />

import { describe, expect, it } from 'vitest'
import { toOpenApi } from '../../src/api/http/openapi.ts'
import { ROUTES } from '../../src/api/routes.ts'
import { SCOPE_OF_COMMAND } from '../../src/wire/commands.ts'

describe('the table of routes', () => {
  it('is in the OpenAPI document, and nothing else is', () => {
    const { paths } = toOpenApi(ROUTES) as { paths: Record<string, object> }
    const found = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const expected = ROUTES.map(({ method, path }) => `${method} /.holo/api${path}`)
    expect(found.sort()).toEqual(expected.sort())
    expect(new Set(expected).size).toBe(expected.length)
  })

  it.each([
    ['PUT', '/assignments', 'replace'],
    ['PUT', '/environments/{name}', 'set-environment'],
    ['DELETE', '/environments/{name}', 'remove-environment'],
    ['PUT', '/traffic', 'shift'],
    ['POST', '/swap', 'swap'],
    ['PUT', '/rules', 'set-rules'],
    ['PUT', '/flags', 'set-flags'],
    ['PUT', '/tab-pins', 'set-tab-pins'],
    ['PUT', '/versions/{version}/services', 'set-services'],
    ['POST', '/rollback', 'rollback'],
    ['POST', '/withdraw', 'withdraw'],
  ] as const)('asks for the same scope as the control: %s %s', (method, path, command) => {
    const route = ROUTES.find((row) => row.method === method && row.path === path)
    expect(route?.scope).toBe(SCOPE_OF_COMMAND[command])
  })

  it('has every route that a file of api/routes exports', () => {
    const modules = import.meta.glob<Record<string, unknown>>('../../src/api/routes/*.ts', {
      eager: true,
    })
    const written = Object.values(modules)
      .flatMap((module) => Object.values(module).flat())
      .filter((one): one is (typeof ROUTES)[number] => 'handle' in Object(one))
    expect(written.length).toBeGreaterThan(30)
    const known = new Set(ROUTES)
    expect(written.filter((row) => !known.has(row)).map(({ path }) => path)).toEqual([])
  })

  it('has no change that GET makes', () => {
    for (const { method, changes } of ROUTES) if (changes) expect(method).not.toBe('GET')
  })
})
