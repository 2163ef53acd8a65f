// Probes in the control, over driven hours: what is asked when, what is kept, what isolates are told,
// and what it costs. The origins here are made up; test/control/probes.test.ts asks real ones.

import { beforeEach, describe, expect, it } from 'vitest'
import {
  MAX_LOOKS_PER_DAY,
  PROBES_AT_ONCE,
  PROBES_PER_LOOK,
} from '../../src/control/health/probing.ts'
import type { ProbeTarget } from '../../src/control/health/targets.ts'
import { MAX_PROBES } from '../../src/control/health/targets.ts'
import type { ProbeResult } from '../../src/core/health.ts'
import { exampleDocument } from '../support/document.ts'
import { ALICE, type Life, World } from './control-world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const GOOD: ProbeResult = { kind: 'answered', status: 200, ms: 5 }
const SILENT: ProbeResult = { kind: 'silent', why: 'cannot be reached' }

let world: World
let down: Set<string>
let asked: { readonly at: number; readonly url: string }[]

beforeEach(async () => {
  world = await World.create()
  down = new Set()
  asked = []
  world.askOrigin = async ({ origin, path }: ProbeTarget) => {
    asked.push({ at: world.now, url: origin + path })
    return down.has(origin) ? SILENT : GOOD
  }
})

/** `0.0.5` has three origins and a probe, `0.0.3` has none. */
function probedDocument(probe: object = { path: '/health' }) {
  const document = exampleDocument()
  const origins = ['https://a.example.com', 'https://b.example.com', 'https://c.example.com']
  const version = document.versions['0.0.5']
  if (version) version.services = [{ prefix: '/api/', origins, probe: probe as { path: string } }]
  return document
}

async function services(life: Life) {
  const answer = await life.control.services(ALICE)
  if (!answer.ok) throw new Error('denied')
  return answer.value
}

async function passTime(life: Life, ms: number): Promise<number> {
  const end = world.now + ms
  let runs = 0
  for (;;) {
    const alarm = await life.state.storage.getAlarm()
    if (alarm === null || alarm > end) break
    await life.runAlarm()
    await life.settle()
    runs++
  }
  world.now = end
  return runs
}

describe('a document without probes', () => {
  it('has nothing asked, no alarm and no row written', async () => {
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: exampleDocument() })
      await life.runAlarms()
      const [rows, alarms] = [world.rowsWritten, world.alarmsSet.length]
      expect(await passTime(life, 24 * HOUR)).toBe(0)
      for (let minute = 0; minute < 60; minute++) await life.control.watch()
      expect(await services(life)).toMatchObject({
        services: [
          { environment: 'main', prefix: '/api/', state: 'Unknown', why: 'no probe is configured' },
          { environment: 'canary' },
          { environment: 'qa' },
        ],
        down: [],
      })
      expect([world.rowsWritten, world.alarmsSet.length]).toEqual([rows, alarms])
      expect(asked).toEqual([])
    })
  })

  it('has no look any more once the probes are taken out', async () => {
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: probedDocument() })
      await passTime(life, HOUR)
      const document = { ...exampleDocument(), revision: 1 }
      await life.change({ kind: 'replace', document })
      await passTime(life, MINUTE)
      const before = asked.length
      expect(await passTime(life, HOUR)).toBe(0)
      expect(asked.length).toBe(before)
    })
  })
})

describe('a document with a probe', () => {
  it('has each origin asked once in each interval, though two environments share it', async () => {
    await world.live(async (life) => {
      await life.change({
        kind: 'replace',
        document: probedDocument({ path: '/up', intervalMs: 20_000 }),
      })
      await passTime(life, MINUTE)
      const times = asked.filter(({ url }) => url === 'https://a.example.com/up')
      expect(times.map(({ at }) => at - (times[0]?.at ?? 0))).toEqual([0, 20_000, 40_000, 60_000])
      expect(asked.length).toBe(12)
    })
  })

  it('stays within its budget of alarms and rows while nothing changes', async () => {
    await world.live(async (life) => {
      await life.change({
        kind: 'replace',
        document: probedDocument({ path: '/up', intervalMs: 10_000 }),
      })
      await passTime(life, 10 * MINUTE)
      const [rows, alarms] = [world.rowsWritten, world.alarmsSet.length]
      await passTime(life, HOUR)
      const spent = world.alarmsSet.length - alarms
      expect(spent).toBeLessThanOrEqual(MAX_LOOKS_PER_DAY / 24)
      expect(spent).toBeGreaterThan(300)
      expect(world.rowsWritten).toBe(rows)
    })
  })

  it('writes a row for each origin and service that changes, and no other', async () => {
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: probedDocument() })
      await passTime(life, 10 * MINUTE)
      const rows = world.rowsWritten
      down.add('https://a.example.com')
      await passTime(life, 10 * MINUTE)
      // The origin: Degraded, Down. The service of canary and that of qa: Degraded,
      // with an event for each.
      expect(world.rowsWritten - rows).toBe(6)
    })
  })

  it('tells isolates which origins are down, and takes it back', async () => {
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: probedDocument() })
      await passTime(life, 5 * MINUTE)
      expect(await life.report(undefined)).not.toHaveProperty('down')
      down.add('https://b.example.com')
      await passTime(life, 2 * MINUTE)
      expect((await life.report(undefined)).down).toEqual(['https://b.example.com'])
      down.clear()
      await passTime(life, MINUTE)
      expect(await life.report(undefined)).not.toHaveProperty('down')
    })
  })

  it('says how services are, since when and why', async () => {
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: probedDocument() })
      await passTime(life, 5 * MINUTE)
      const wellAt = world.now
      expect((await services(life)).services[1]).toMatchObject({ state: 'Healthy' })
      down.add('https://a.example.com')
      await passTime(life, 5 * MINUTE)
      const { services: told, environments } = await services(life)
      expect(told[1]).toMatchObject({
        environment: 'canary',
        version: '0.0.5',
        state: 'Degraded',
        why: expect.stringMatching(/^1 of 3 origins: https:\/\/a\.example\.com cannot be reached/),
        origins: [{ state: 'Down' }, { state: 'Healthy' }, { state: 'Healthy' }],
      })
      expect(told[1]?.since).toBeGreaterThan(wellAt)
      expect(environments.find(({ environment }) => environment === 'canary')?.state).toBe(
        'Degraded',
      )
      for (const name of ['b', 'c']) down.add(`https://${name}.example.com`)
      await passTime(life, 5 * MINUTE)
      expect((await services(life)).services[1]).toMatchObject({ state: 'Down' })
    })
  })

  it('knows after a restart what was known before, and since when', async () => {
    down.add('https://a.example.com')
    const before = await world.live(async (life) => {
      await life.change({ kind: 'replace', document: probedDocument() })
      await passTime(life, 10 * MINUTE)
      return services(life)
    })
    world.now += HOUR
    await world.live(async (life) => {
      const after = await services(life)
      expect(after.services[1]).toMatchObject({
        state: before.services[1]?.state,
        since: before.services[1]?.since,
      })
      expect((await life.report(undefined)).down).toEqual(['https://a.example.com'])
    })
  })

  it('goes on after a lost alarm, by the watchdog', async () => {
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: probedDocument() })
      await passTime(life, 5 * MINUTE)
      await life.state.storage.deleteAlarm()
      world.now += HOUR
      const before = asked.length
      await life.control.watch()
      expect(await passTime(life, MINUTE)).toBeGreaterThan(0)
      expect(asked.length).toBeGreaterThan(before)
    })
  })

  it.each([-24 * HOUR, 24 * HOUR])('goes on when the clock jumps by %i ms', async (jump) => {
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: probedDocument() })
      await passTime(life, 5 * MINUTE)
      world.now += jump
      await life.control.watch()
      await life.control.alarm()
      await life.settle()
      const before = asked.length
      await passTime(life, 2 * MINUTE)
      expect(asked.length - before).toBeGreaterThanOrEqual(3)
      expect(asked.length - before).toBeLessThanOrEqual(15)
    })
  })

  it('forgets a version that no environment points at', async () => {
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document: probedDocument() })
      down.add('https://a.example.com')
      await passTime(life, 5 * MINUTE)
      await life.change({ kind: 'set-environment', name: 'canary', version: '0.0.3' })
      await life.change({ kind: 'set-environment', name: 'qa', version: '0.0.3' })
      await passTime(life, 5 * MINUTE)
      expect(await life.report(undefined)).not.toHaveProperty('down')
      const rows = life.state.storage.sql.exec('SELECT * FROM health').toArray()
      expect(rows).toEqual([])
    })
  })
})

describe('many origins', () => {
  it('are asked a few at a time, in several looks, and no more than may be', async () => {
    const document = probedDocument()
    const version = document.versions['0.0.5']
    const prefixes = Array.from({ length: 15 }, (_, i) => i)
    if (version) {
      version.services = prefixes.map((i) => ({
        prefix: `/s${i}/`,
        origins: Array.from({ length: 20 }, (_, j) => `https://o${j}.s${i}.example.com`),
        probe: { path: '/', intervalMs: 3_600_000 },
      }))
    }
    let [atOnce, most] = [0, 0]
    const looks = new Map<number, number>()
    world.askOrigin = async () => {
      looks.set(world.now, (looks.get(world.now) ?? 0) + 1)
      atOnce++
      most = Math.max(most, atOnce)
      await new Promise((resolve) => setTimeout(resolve, 0))
      atOnce--
      return GOOD
    }
    await world.live(async (life) => {
      await life.change({ kind: 'replace', document })
      await passTime(life, 10 * MINUTE)
      expect(most).toBeLessThanOrEqual(PROBES_AT_ONCE)
      expect(Math.max(...looks.values())).toBeLessThanOrEqual(PROBES_PER_LOOK)
      expect([...looks.values()].reduce((sum, count) => sum + count, 0)).toBe(MAX_PROBES)
      const { services: told } = await services(life)
      expect(told.at(-1)?.why).toBe(`not asked: only the first ${MAX_PROBES} addresses are`)
    })
  })
})
