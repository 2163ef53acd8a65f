import { describe, expect, it } from 'vitest'
import { RetryBudget } from '../../src/proxy/origins.ts'

/** How many retries `requests` get when every one of them wants one. */
function countRetries(budget: RetryBudget, requests: number): number {
  let retries = 0
  for (let request = 0; request < requests; request++) {
    budget.earn()
    if (budget.spend()) retries += 1
  }
  return retries
}

describe('the retry budget', () => {
  it('gives a new isolate a burst, and then one retry for ten requests', () => {
    const budget = new RetryBudget()
    expect(countRetries(budget, 10)).toBe(10)
    expect(countRetries(budget, 1000)).toBe(100)
  })

  it('saves no more than the burst', () => {
    const budget = new RetryBudget()
    for (let request = 0; request < 10_000; request++) budget.earn()
    expect([...Array(20)].filter(() => budget.spend())).toHaveLength(10)
  })
})
