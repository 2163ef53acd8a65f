// `holo simulate`: the engine's own answer, the same for the same seed, on terminals of any width.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawWeights } from '../../src/cli/simulation/picture.ts'
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
    expect(stdout).toMatch(/100 % rolled back/)
    expect(stdout).toMatch(/visitors got the new version/)
    expect(stdout).toMatch(/50 %.* .*┤.*─+╮/)
    expect(stdout).toMatch(/errors: \d+ in \d+ visits of the canary/)
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

  it('says which metric has nothing to go by', async () => {
    const plan = { metrics: [{ name: 'errors', margin: 1.5 }, { name: 'checkout' }] }
    await writeFile(join(folder, 'checkout.json'), JSON.stringify(plan))
    const args = ['checkout.json', '--runs', '1', '--days', '0.1', '--json']
    const { json } = await run(args)
    expect(json?.notices).toEqual([
      'nothing is supposed of "checkout", which the plan waits for',
      expect.stringMatching(
        /^"holo rollout start" refuses this plan: metrics\[1\]\.name: nothing counts/,
      ),
    ])
    expect(json?.outcomes).toMatchObject([{ outcome: 'unfinished' }])
  })

  it('judges another metric by what is supposed of it', async () => {
    const plan = {
      preset: 'standard',
      metrics: [{ name: 'checkout' }, { name: 'pay', required: false }],
    }
    const steps = [{ weight: 50, gate: 'time', minMinutes: 5 }]
    await writeFile(join(folder, 'shares.json'), JSON.stringify({ ...plan, steps }))
    const metric = [
      '--metric',
      'checkout',
      'main=1%',
      'canary=1%',
      '--metric',
      'pay',
      'main=1%',
      'canary=20%',
    ]
    const { json } = await run(['shares.json', '--runs', '5', ...metric, '--json'])
    expect(json?.supposed).toMatchObject({
      text: expect.stringContaining(
        '"pay" says yes for 1 % of the old version\'s visitors and for 20 %',
      ),
      metrics: { pay: { control: 0.01, canary: 0.2 } },
    })
    expect(json?.outcomes).toMatchObject([{ outcome: 'rolledBack', runs: 5 }])
    expect(json).toMatchObject({
      example: { rows: [{}, { reason: expect.stringMatching(/^pay: /) }] },
    })
  })

  it.each([
    ['main=1%', /takes a name first/],
    ['checkout main=1%', /--metric checkout takes a value for each of two sides/],
    ['checkout main=1% canary=2% checkout', /names checkout twice/],
    ['chekout main=1% canary=2%', /no metric "chekout" \(did you mean "checkout"\?\)/],
    ['latency a=1% b=2%', /say --latency instead/],
    ['errors a=1% b=2%', /say --error-rate main=1% canary=2% instead/],
    ['paint a=1% b=2%', /"paint" has edges/],
  ])('says what is wrong with --metric %s', async (words, sentence) => {
    const metrics = [{ name: 'checkout' }, { name: 'paint', edges: [1000, 2500] }]
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
