// The OpenAPI document is only worth what tools make of it: a validator has to take what is served.
// That every route is in it is held in test/worker/api-table.test.ts.

import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROBLEMS } from '../../src/wire/problems.ts'
import { type AdminEdge, startAdminEdge } from '../support/api-edge.ts'

type Operation = {
  operationId: string
  parameters: { name: string; in: string; required: boolean }[]
  requestBody?: { content: Record<string, { schema: unknown }> }
  responses: Record<string, { description: string }>
  security: object[]
}
type Document = { paths: Record<string, Record<string, Operation>> }

let edge: AdminEdge
let served: string
beforeAll(async () => {
  edge = await startAdminEdge()
  served = (await edge.call('GET', '/.holo/api/openapi.json')).body
})
afterAll(() => edge.stop())

const make = () => JSON.parse(served) as Document & object

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(make())).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('is held to what it says: a planted mistake is found', async () => {
    const document = make()
    const operation = document.paths['/.holo/api/traffic']?.put
    if (operation?.parameters[0]) operation.parameters[0].in = 'somewhere'
    expect((await new Validator().validate(document)).valid).toBe(false)
  })

  it('has no reference that leads nowhere', () => {
    const validator = new Validator()
    return validator.validate(make()).then(() => {
      expect(JSON.stringify(validator.resolveRefs())).not.toContain('"$ref"')
    })
  })

  it('gives every operation a name of its own', () => {
    const ids = Object.values(make().paths).flatMap((operations) =>
      Object.values(operations).map(({ operationId }) => operationId),
    )
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/)
  })

  it('says of every change of the document that it takes If-Match, and what it may answer', () => {
    const { paths } = make()
    const changing = Object.values(paths)
      .flatMap((operations) => Object.values(operations))
      .filter(({ parameters }) => parameters.some(({ name }) => name === 'dryRun'))
    expect(changing.length).toBeGreaterThan(7)
    for (const { parameters, responses } of changing) {
      expect(parameters).toContainEqual(
        expect.objectContaining({ name: 'If-Match', in: 'header', required: true }),
      )
      expect(Object.keys(responses)).toEqual(
        expect.arrayContaining(['200', '400', '401', '403', '412', '422', '428', '429', '503']),
      )
    }
  })

  it('names every code somewhere, but those of addresses that do not exist', () => {
    const text = JSON.stringify(make())
    for (const code of Object.keys(PROBLEMS)) {
      if (code !== 'method_not_allowed') expect(text, code).toContain(`\`${code}\``)
    }
  })
})

describe('docs/api.md', () => {
  const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')

  it('has every route with its scope', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'))
    const told = rows.flatMap((row) => {
      const [, routes = '', scope = ''] = row.split('|')
      return [...routes.matchAll(/`([A-Z]+ \/\S+)`/g)].map(
        ([, route]) => `${route} ${scope.trim()}`,
      )
    })
    const served = Object.entries(make().paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { security }]) => {
        const [{ token = ['none'] } = {}] = security as { token?: string[] }[]
        return `${method.toUpperCase()} ${path.replace('/.holo/api', '')} ${token[0]}`
      }),
    )
    expect(told.sort()).toEqual(served.sort())
  })

  it('has every code with its status', () => {
    for (const [code, { status }] of Object.entries(PROBLEMS)) {
      expect(page, code).toMatch(new RegExp(`^\\|[^|]*\`${code}\`[^|]*\\| ${status} \\|`, 'm'))
    }
  })
})
