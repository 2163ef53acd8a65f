// The sentence that says how the site is, and the one button that fits.

import { describe, expect, it } from 'vitest'
import {
  type RunningRolloutReply,
  type SiteView,
  toSiteSentence,
} from '../../src/dashboard/say/sentence.ts'
import { exampleRollout, NOW } from '../support/rollout-api.ts'

const plain = (text: string | undefined) => text?.replaceAll('\u202f', ' ')

const environment = (name: string, version: string, percent: number) => ({
  name,
  version,
  percent,
  restricted: false,
  hosts: [],
})

const view = (changes: Partial<SiteView> = {}): SiteView => ({
  environments: [environment('main', 'v1', 95), environment('canary', 'v2', 5)],
  running: undefined,
  rollouts: [],
  services: [],
  now: NOW,
  ...changes,
})

const running = (changes: Parameters<typeof exampleRollout>[0] = {}) =>
  exampleRollout(changes) as unknown as RunningRolloutReply

describe('the sentence about the site', () => {
  it('names the only version, and offers a rollout', () => {
    const said = toSiteSentence(view({ environments: [environment('main', 'v1', 100)] }))
    expect(said.text).toBe('v1 serves everybody.')
    expect(said.move).toMatchObject({ kind: 'go', to: ['rollouts', 'new'] })
  })

  it('names the shares of versions when nothing moves, those of one version together', () => {
    const environments = [
      environment('main', 'v1', 60),
      environment('blue', 'v1', 35),
      environment('canary', 'v2', 5),
    ]
    expect(plain(toSiteSentence(view({ environments })).text)).toBe(
      'v1 has 95 % and v2 has 5 % of visitors.',
    )
  })

  it.each([
    [
      'waits for time',
      {},
      'v2 has 5 % of visitors, no worse so far; goes to 25 % in about 9 min.',
      'pause',
    ],
    [
      'waits for time, and needs evidence then',
      { step: { number: 3, of: 3 }, weight: 25 },
      'v2 has 25 % of visitors, no worse so far; goes to 95 % in about 9 min if the evidence is enough then.',
      'pause',
    ],
    [
      'waits for evidence',
      { obstacle: { kind: 'evidence', reason: 'it is not yet shown' } },
      'v2 has 5 % of visitors, no worse so far; goes to 25 % when there is enough evidence.',
      'pause',
    ],
    [
      'has waited for its longest time',
      { obstacle: { kind: 'data', reason: 'too few' }, held: true },
      'v2 has 5 % of visitors, no worse so far; goes to 25 % when there is enough evidence. It has waited for its longest time.',
      'advance',
    ],
    [
      'waits for a person',
      { obstacle: { kind: 'manual', reason: 'somebody' } },
      'v2 has 5 % of visitors, no worse so far, and waits for somebody to let it go on.',
      'advance',
    ],
    [
      'is paused',
      { obstacle: { kind: 'paused', reason: 'paused: by alice' }, paused: 'by alice' },
      'The rollout of v2 to canary is paused at 5 %.',
      'resume',
    ],
    [
      'is of a flag',
      { obstacle: { kind: 'paused', reason: 'paused' }, flag: 'cart', version: 'on' },
      'The rollout of "on" of cart is paused at 5 %.',
      'resume',
    ],
  ] as const)('says of a rollout what it does next: %s', (_, changes, text, command) => {
    const said = toSiteSentence(view({ running: running(changes as never) }))
    expect(plain(said.text)).toBe(text)
    expect(said.move).toMatchObject({ kind: 'rolloutCommand', command, id: 7 })
  })

  it('never calls a release fine that the evidence is turning against', () => {
    const rollout = running()
    const verdict = { ...rollout.verdict, logWorse: rollout.verdict.threshold * 0.9 }
    const said = toSiteSentence(view({ running: { ...rollout, verdict } }))
    expect(said.text).toContain('and may be worse')
    expect(said.tone).toBe('warn')
  })

  it('tells for six hours that a release was taken back, and no longer', () => {
    const taken = (endedAt: number, served = 'v1') => {
      const rollouts = [
        { ...running(), phase: 'rolledBack', endedAt, reason: 'more visitors met a failure' },
      ] as unknown as SiteView['rollouts']
      const environments = [
        { name: 'main', version: served, restricted: false, hosts: [], percent: 100 },
      ]
      return toSiteSentence(view({ rollouts, environments }))
    }
    expect(plain(taken(NOW - 4 * 60_000).text)).toBe('v2 was taken back 4 min ago.')
    expect(taken(NOW - 4 * 60_000).more).toBe('More visitors met a failure.')
    expect(taken(NOW - 4 * 60_000).move).toMatchObject({ kind: 'go', to: ['rollouts', 7] })
    expect(taken(NOW - 7 * 3_600_000).text).not.toContain('taken back')
    // Nor when somebody has rolled forward by hand.
    expect(taken(NOW - 4 * 60_000, 'v2').text).toBe('v2 serves everybody.')
  })

  it('names three versions at most, the ones with the most visitors', () => {
    const environments = [5, 80, 1, 10, 4].map((percent, i) => ({
      name: `e${i}`,
      version: `v${i}`,
      restricted: false,
      hosts: [],
      percent,
    }))
    expect(plain(toSiteSentence(view({ environments })).text)).toBe(
      'v1 has 80 %, v3 has 10 % and 3 other versions have 10 % of visitors.',
    )
  })

  it('puts a service first that is down and has visitors, and no other', () => {
    const down = (name: string) => [
      {
        environment: name,
        version: 'v1',
        prefix: '/api/',
        state: 'Down' as const,
        since: NOW - 60_000,
        why: 'it does not answer',
        origins: [],
      },
    ]
    const said = toSiteSentence(view({ services: down('main') }))
    expect(plain(said.text)).toBe(
      'The service /api/ of main (95 % of visitors) is down, since 1 min.',
    )
    expect(said.move?.kind).toBe('rollback')
    const ofCanary = toSiteSentence(view({ services: down('canary'), running: running() }))
    expect(ofCanary.move).toMatchObject({ kind: 'rolloutCommand', command: 'abort' })
    const environments = [environment('main', 'v1', 100), environment('qa', 'v2', 0)]
    expect(toSiteSentence(view({ environments, services: down('qa') })).text).toBe(
      'v1 serves everybody.',
    )
  })
})
