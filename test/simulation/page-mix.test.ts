// Ten thousand requests of many browsers while versions come and go: which guarantee holds with
// which pin, and how often it does not where there is none.

import { describe, expect, it } from 'vitest'
import { type Answer, openBrowser } from './browser.ts'
import { makeRandom } from './random.ts'
import { createWorld } from './world.ts'

const REQUESTS = 10_000
const BROWSERS = 100
const CHANGES_EVERY = 100
const SEEDS = [1, 2, 3]

type Scenario = {
  readonly tabs: number
  readonly explicitPins: boolean
  /** Before a page is loaded, or between any two requests as well. */
  readonly losesCookies: 'before pages' | 'any time'
}

describe.each(SEEDS)('ten thousand requests while versions change (seed %i)', (seed) => {
  it('mix no page of tabs that send explicit pins, in two tabs, with cookies lost at any time', () => {
    const { wrong } = simulate(seed, { tabs: 2, explicitPins: true, losesCookies: 'any time' })
    expect(wrong()).toEqual([])
  })

  it('mix no page of a single tab with the cookie alone', () => {
    const { wrong } = simulate(seed, { tabs: 1, explicitPins: false, losesCookies: 'before pages' })
    expect(wrong()).toEqual([])
  })

  it('get hashed assets right with the cookie alone in two tabs, and API calls not always', () => {
    const scenario = { tabs: 2, explicitPins: false, losesCookies: 'before pages' } as const
    const { all, wrong } = simulate(seed, scenario)
    expect(wrong(['asset', 'chunk'])).toEqual([])
    // Only the tab whose cookie the other one has overwritten suffers.
    expect(wrong().every(({ overtaken }) => overtaken)).toBe(true)
    expect(wrong(['api']).length).toBeGreaterThan(0)
    report(
      'two tabs, cookie alone',
      wrong(['api']),
      all(['api'], true),
      'API calls of the older tab',
    )
  })

  it('get hashed assets right in a tab that loses its only cookie, and API calls not always', () => {
    const scenario = { tabs: 1, explicitPins: false, losesCookies: 'any time' } as const
    const { all, wrong } = simulate(seed, scenario)
    expect(wrong(['asset', 'chunk'])).toEqual([])
    expect(wrong(['api']).length).toBeGreaterThan(0)
    report('one tab, cookie lost under it', wrong(['api']), all(['api']), 'API calls')
  })
})

function simulate(seed: number, { tabs, explicitPins, losesCookies }: Scenario) {
  const random = makeRandom(seed)
  const world = createWorld()
  const browsers = Array.from({ length: BROWSERS }, () =>
    openBrowser(world, random, { tabs, explicitPins }),
  )
  const answers: Answer[] = []
  for (let i = 0; i < REQUESTS; i++) {
    if (i % CHANGES_EVERY === 0) world.change(random)
    const browser = random.pick(browsers)
    if (losesCookies === 'any time' && random.chance(0.02)) browser.loseCookies()
    answers.push(browser.act())
  }
  // A simulation in which little happens proves little.
  const { release = 0, ramp = 0, rollback = 0, promote = 0 } = world.changes()
  expect(Math.min(release, rollback, promote)).toBeGreaterThan(0)
  expect(ramp).toBeGreaterThan(10)
  expect(answers).toHaveLength(REQUESTS)
  expect(new Set(answers.map(({ request }) => request)).size).toBe(8)

  const all = (names?: readonly string[], overtaken?: boolean) =>
    answers.filter(
      (answer) =>
        (names?.includes(answer.request) ?? true) &&
        (overtaken === undefined || answer.overtaken === overtaken),
    )
  return { all, wrong: (names?: readonly string[]) => all(names).filter(({ right }) => !right) }
}

function report(scenario: string, wrong: readonly Answer[], of: readonly Answer[], what: string) {
  const percent = ((wrong.length * 100) / of.length).toFixed(1)
  console.log(`${scenario}: ${wrong.length} of ${of.length} ${what} were not right (${percent} %)`)
}
