import { describe, expect, it } from 'vitest'
import { compileAssignments } from '../../src/document/compile.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { exampleDocument } from '../support/document.ts'

function measureOf(measure: AssignmentsDocument['measure']) {
  const document = { ...exampleDocument(), ...(measure ? { measure } : {}) }
  const parsed = parseAssignments(JSON.stringify(document), { allowInsecure: false })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return compileAssignments(parsed.value).measure
}

describe('what a team declares for the judge', () => {
  it('is nothing when it is left out, or empty', () => {
    const nothing = { routes: [], goals: [], errorBodies: [], keptFromOther: [] }
    expect(measureOf(undefined)).toEqual(nothing)
    expect(measureOf({})).toEqual(nothing)
  })

  it('names routes by how they are written', () => {
    const { routes } = measureOf({ routes: ['GET /api/users/*', '* /graphql'] })
    expect(routes.map(({ name }) => name)).toEqual(['GET /api/users/*', '* /graphql'])
    expect(routes[0]?.matches('GET', '/api/users/anna')).toBe(true)
    expect(routes[0]?.matches('POST', '/api/users/anna')).toBe(false)
    expect(routes[1]?.matches('PATCH', '/graphql')).toBe(true)
  })

  it('makes a metric of each goal', () => {
    const { goals } = measureOf({
      goals: { order: 'POST /api/orders', 'sign-up': '* /api/users/**' },
    })
    expect(goals.map(({ metric }) => metric)).toEqual(['goal.order', 'goal.sign-up'])
    expect(goals[0]?.matches('POST', '/api/orders/')).toBe(true)
    expect(goals[0]?.matches('POST', '/api/orders/7')).toBe(false)
  })

  it('says where an error stands in a body', () => {
    const { errorBodies } = measureOf({
      errorBodies: { '/graphql': 'errors', '/rpc/*': 'result.0.error' },
    })
    expect(errorBodies.map(({ keys }) => keys)).toEqual([['errors'], ['result', '0', 'error']])
    expect(errorBodies[1]?.matches('/rpc/pay')).toBe(true)
    expect(errorBodies[1]?.matches('/rpc/pay/now')).toBe(false)
  })

  it('names paths that the other version is never asked for, or all of them', () => {
    const [one, all] = [['/verify/**'], ['/**']].map(
      (keepFromOther) => measureOf({ keepFromOther }).keptFromOther[0],
    )
    expect([one?.('/verify/a/b'), one?.('/api/x')]).toEqual([true, false])
    expect([all?.('/verify/a/b'), all?.('/')]).toEqual([true, true])
  })
})
