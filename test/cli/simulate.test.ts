// `holo simulate`: the engine's own answer, the same for the same seed, on terminals of any width.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawWeights } from '../../src/cli/simulation/lines.ts'
import { toWidth } from '../../src/cli/terminal.ts'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import { seededRandom } from '../../src/core/simulate/random.ts'
import { simulate } from '../../src/core/simulate/simulate.ts'
import { holo } from '../support/cli.ts'

const BAD = ['--error-rate', 'main=1%', 'canary=20%', '--visitors', '500/min', '--runs', '5']
const plain = (text: string) => text
const style = { cyan: plain, dim: plain }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-simulate-'))
  const quick = {
    steps: [{ weight: 50, gate: 'time', minMinutes: 1 }],
    bake: { minutes: 1 },
  }
  await writeFile(join(folder, 'quick.json'), JSON.stringify(quick))
  await writeFile(join(folder, 'wrong.json'), JSON.stringify({ preset: 'standrad', alpha: 7 }))
  await writeFile(
    join(folder, 'holo.json'),
    JSON.stringify({ rollouts: { quick, standard: { ...quick, alpha: 0.05 } } }),
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (args: readonly string[], columns = 80) =>
  holo(['simulate', ...args], { cwd: folder, columns, typed: '' })

describe('holo simulate', () => {
  it('says the same for the same seed, and something else for another', async () => {
    const [first, again, other] = [
      await run(['quick', ...BAD, '--json']),
      await run(['quick', ...BAD, '--json']),
      await run(['quick', ...BAD, '--seed', '2', '--json']),
    ]
    expect(first.code).toBe(0)
    expect(again.stdout).toBe(first.stdout)
    expect(other.json?.exposed).not.toEqual(first.json?.exposed)
  })

  it('says what the engine says', async () => {
    const load = {
      visitorsPerMinute: 500,
      metrics: { errors: { base: { rate: 0.01 }, canary: { rate: 0.2 } } },
    }
    const expected = simulate(PRESETS['blue-green'], {
      loadAt: () => load,
      personAdvances: true,
      runs: 5,
      maxMs: 86_400_000,
      randomOf: (number) => seededRandom(9, number),
    })
    const args = ['blue-green', ...BAD, '--seed', '9', '--advance', '--days', '1', '--json']
    const { json } = await run(args)
    expect(json).toMatchObject({ outcomes: expected.outcomes, exposed: expected.exposed })
    expect(expected.outcomes.map(({ outcome }) => outcome)).toEqual(['rolledBack'])
  })

  it('takes a bad release back, and tells when, why and who has met it', async () => {
    const { stdout, code } = await run(['quick', ...BAD])
    expect(code).toBe(0)
    expect(stdout).toMatch(/100 % taken back/)
    expect(stdout).toMatch(/visitors got the new version/)
    expect(stdout).toMatch(/50 %.* .*┤.*─+╮/)
    expect(stdout).toMatch(/\d+ of them met a failure or another harm/)
    const said = stripVTControlCharacters(stdout).replace(/\s+/g, ' ')
    expect(said).toMatch(
      /\d+ of \d+ visitors of the new version met a failure, (?:none|\d+) of [\d,]+ of the old one\. By chance alone: less than 1 in/,
    )
  })

  it.each([60, 40, 24])('fits %i columns', async (columns) => {
    const { stdout } = await run(['standard', ...BAD, '--latency', 'a=1s', 'b=2s'], columns)
    const lines = stripVTControlCharacters(stdout).split('\n')
    for (const line of lines) expect(toWidth(line)).toBeLessThanOrEqual(columns)
  })

  it('is plain text where nobody wants colours', async () => {
    const args = ['simulate', 'quick', ...BAD]
    const coloured = await holo(args, { cwd: folder, typed: '' })
    const bare = await holo(args, { cwd: folder, typed: '', env: { NO_COLOR: '1' } })
    expect(coloured.stdout).toContain('\u001b[')
    expect(bare.stdout).not.toContain('\u001b')
  })

  it('takes a plan of holo.json before a preset of the same name, and a file by its path', async () => {
    const own = await run(['standard', ...BAD, '--json'])
    const file = await run(['./quick.json', ...BAD, '--json'])
    expect(own.json).toMatchObject({ ok: true, example: { rows: [{ weight: 50 }, {}] } })
    expect(file.json).toMatchObject({ ok: true, example: { rows: [{ weight: 50 }, {}] } })
  })

  it('names every problem of a plan, and the plan that may have been meant', async () => {
    const wrong = await run(['wrong.json'])
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toMatch(
      /wrong\.json is not a valid plan: 2 problems\n {2}preset: .+\n {2}alpha: /,
    )
    const mistyped = await run(['carefull'])
    expect(mistyped).toMatchObject({ code: 2 })
    expect(mistyped.stderr).toContain('did you mean "careful"?')
  })

  it.each([
    [['--error-rate', 'main=1%'], /a value for each of two sides/],
    [['--error-rate', 'main=1%', 'main=2%'], /names main twice/],
    [['--error-rate', 'main=1%', 'canary=200%'], /not "canary=200%"/],
    [['--visitors', 'many'], /a rate such as 500\/min/],
    [['--latency', 'a=1s', 'b=fast'], /not "b=fast"/],
    [['--runs', '0'], /whole number from 1/],
    [['--runs', '1000000'], /at most 100000 runs/],
  ])('says what is wrong with %j', async (args, sentence) => {
    const { code, stderr, stdout } = await run(['quick', ...args])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(sentence)
  })

  it('says which margin can never be shown, because nothing is supposed of its metric', async () => {
    const plan = {
      metrics: [
        { name: 'errors', margin: 1.5 },
        { name: 'goal.order', margin: 1.5 },
      ],
    }
    await writeFile(join(folder, 'orders.json'), JSON.stringify(plan))
    const args = ['orders.json', '--runs', '1', '--days', '0.1', '--json']
    const { json } = await run(args)
    expect(json?.notices).toEqual([
      'no rates are given for "goal.order", so there can never be evidence about its margin',
    ])
    expect(json?.outcomes).toMatchObject([{ outcome: 'unfinished' }])
  })

  it('refuses a plan whose metric nothing counts, as holo rollout start does', async () => {
    await writeFile(join(folder, 'paint.json'), JSON.stringify({ metrics: [{ name: 'paint' }] }))
    const { code, stderr } = await run(['paint.json'])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /metrics\[0\]\.name: nothing counts "paint"; counted are errors, latency/,
    )
  })

  it.each([
    ['notFound main=1% canary=20%', 'got a 404 from a service'],
    ['asks main=60% canary=20%', 'asked a service after they opened a page'],
    ['goal.order main=40% canary=10%', 'reached the goal "order"'],
  ])('judges another metric by what is supposed of it: %s', async (words, who) => {
    const [name = '', ...sides] = words.split(' ')
    const plan = {
      steps: [{ weight: 50, gate: 'time', minMinutes: 5 }],
      metrics: [{ name: 'errors' }, { name }],
    }
    await writeFile(join(folder, 'shares.json'), JSON.stringify(plan))
    const metric = ['--metric', name, ...sides]
    const { json } = await run(['shares.json', '--runs', '5', ...metric, '--json'])
    expect(json?.supposed).toMatchObject({
      text: expect.stringContaining(`% of the new one's ${who}`),
      metrics: { [name]: {} },
    })
    expect(json?.outcomes).toMatchObject([{ outcome: 'rolledBack', runs: 5 }])
    expect(json).toMatchObject({
      example: { rows: [{}, { reason: expect.stringContaining(`of the new version ${who}`) }] },
    })
  })

  it('counts who was harmed: of a release that fails for all, all who met it', async () => {
    const rates = ['--error-rate', 'main=0%', 'canary=100%']
    const { json } = await run(['./quick.json', ...rates, '--runs', '5', '--json'])
    const [outcome] = (json?.outcomes ?? []) as {
      outcome: string
      harmed: object
      exposed: object
    }[]
    expect(outcome?.outcome).toBe('rolledBack')
    expect(outcome?.harmed).toEqual(outcome?.exposed)
  })

  it.each([
    ['main=1%', /takes a name first/],
    ['notFound main=1%', /--metric notFound takes a value for each of two sides/],
    ['notFound main=1% canary=2% notFound', /names notFound twice/],
    ['notfound main=1% canary=2%', /does not judge "notfound" \(did you mean "notFound"\?\)/],
    ['latency a=1% b=2%', /say --latency instead/],
    ['errors a=1% b=2%', /say --error-rate main=1% canary=2% instead/],
    ['redirects a=1% b=2%', /does not judge "redirects"; it judges errors, latency, notFound/],
  ])('says what is wrong with --metric %s', async (words, sentence) => {
    const metrics = ['errors', 'latency', 'notFound'].map((name) => ({ name }))
    await writeFile(join(folder, 'named.json'), JSON.stringify({ preset: 'instant', metrics }))
    const { code, stderr, stdout } = await run(['named.json', '--metric', ...words.split(' ')])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(sentence)
  })
})

describe('the picture', () => {
  it('has a line for each weight and a column for however short a step', () => {
    const changes = [
      { atMs: 0, weight: 1 },
      { atMs: 1, weight: 5 },
      { atMs: 2, weight: 95 },
      { atMs: 100_000, weight: 0 },
    ]
    expect(drawWeights(changes, 100_000, 30, style)).toEqual([
      '95 % ┤  ╭────────────────────╮',
      ' 5 % ┤ ╭╯                    │',
      ' 1 % ┤─╯                     │',
      ' 0 % ┤                       ╰',
      '     └────────────┴───────────',
      '      0             1 min 40 s',
    ])
  })

  it('is there for a run that ends as it begins', () => {
    expect(drawWeights([{ atMs: 0, weight: 100 }], 0, 60, style)[0]).toMatch(/^100 % ┤─+$/)
  })
})
