// The world behind a simulated site: a main and a canary environment whose versions and traffic
// change all the time, by the allocator that the control uses. Who looks at it is in browser.ts.

import { allocate, markSpent, type Range, type Traffic, toOwners } from '../../src/core/traffic.ts'
import type { Assignments, Environment, Version } from '../../src/core/types.ts'
import { makeVersion } from '../core/make-assignments.ts'
import type { Random } from './random.ts'

/** As many as the look-up of hashed assets goes through: what is older may be gone. */
const MAX_VERSIONS = 10
const RAMP = [1, 5, 10, 25, 50, 100]

export type World = {
  readonly assignments: () => Assignments
  /** Releases, ramps up, rolls back or promotes, whatever is possible at this point. */
  readonly change: (random: Random) => void
  readonly changes: () => Readonly<Record<string, number>>
}

/** The content-addressed files of a version: some change with every version, some seldom. */
export function toHashedAssets(version: Version): readonly [string, string, string] {
  const number = Number.parseInt(version.id, 10)
  return [
    `/assets/app-${number}.js`,
    `/assets/basket-${Math.floor(number / 2)}.js`,
    `/assets/vendor-${Math.floor(number / 4)}.js`,
  ]
}

/** Where invariant 3 finds a hashed asset: the version itself, then the open ones, newest first. */
export function findsHashed(path: string, version: Version, { versions }: Assignments): boolean {
  const open = [...versions.values()].filter((each) => each.open)
  const candidates = [version, ...open.reverse().slice(0, MAX_VERSIONS)]
  return candidates.some((each) => toHashedAssets(each).includes(path))
}

export function createWorld(): World {
  const counts: Record<string, number> = {}
  const versions = [makeVersion('1.0.0')]
  let [main, canary] = [versions[0] as Version, versions[0] as Version]
  let traffic: Traffic = { main: [[0, 10_000]], canary: [] }
  let spent: readonly Range[] = []
  let percent = 0
  let revision = 1
  let compiled = compile()

  function compile(): Assignments {
    const first: Environment = { name: 'main', version: main, restricted: false }
    const second: Environment = { name: 'canary', version: canary, restricted: false }
    return {
      revision,
      salt: 'shop',
      environments: new Map([first, second].map((each) => [each.name, each])),
      hosts: new Map(),
      rules: [],
      buckets: toOwners(traffic).map((owner) => (owner === 'canary' ? second : first)),
      first,
      versions: new Map(versions.map((version) => [version.id, version])),
    }
  }
  function shift(to: number) {
    percent = to
    traffic = allocate(traffic, { main: 100 - to, canary: to }, 'main', spent)
  }

  const moves: Record<string, () => void> = {
    release: () => {
      canary = makeVersion(`${versions.length + 1}.0.0`)
      versions.push(canary)
    },
    ramp: () => shift(RAMP.find((step) => step > percent) ?? percent),
    rollback: () => {
      spent = markSpent(spent, traffic.canary ?? [])
      shift(0)
      canary = main
    },
    promote: () => {
      main = canary
      shift(0)
    },
  }

  return {
    assignments: () => compiled,
    changes: () => counts,
    change: (random) => {
      const idle = canary === main
      if (idle && versions.length === MAX_VERSIONS) return
      const name = idle ? 'release' : percent === 100 ? 'promote' : pickMove(random)
      moves[name]?.()
      counts[name] = (counts[name] ?? 0) + 1
      revision++
      compiled = compile()
    },
  }
}

function pickMove(random: Random): string {
  return random.chance(0.1) ? 'rollback' : 'ramp'
}
