// What the command makes of a problem of the API, whichever Holo sends it.

import { describe, expect, it } from 'vitest'
import { toCliFailure } from '../../src/cli/replies.ts'
import { PROBLEMS, type ProblemCode, problem, problemAsRead } from '../../src/wire/problems.ts'
import { makeSamples } from './samples.ts'

const reply = (body: object) =>
  new Response(JSON.stringify(body), {
    status: 400,
    headers: { 'content-type': 'application/problem+json' },
  })

describe('a problem', () => {
  it('with a code that the command does not know is shown with its title and its detail', async () => {
    const failure = await toCliFailure(
      reply({ code: 'later_code', title: 'It rains.', detail: 'Wait inside.', extra: { a: 1 } }),
      true,
    )
    expect(failure).toMatchObject({
      code: 'later_code',
      exitCode: 1,
      message: 'It rains. Wait inside.',
    })
  })

  it('is known by its code, not by what every object has', async () => {
    for (const code of ['constructor', 'toString', '__proto__']) {
      const failure = await toCliFailure(reply({ code, title: 'It rains.' }), true)
      expect(failure).toMatchObject({ code, exitCode: 1, message: 'It rains.' })
      expect(failure.details.hint).toBeUndefined()
    }
  })

  it('of releases that are held names what helps: against a freeze nothing but its end', async () => {
    const hint = async (fields: object) => {
      const held = { code: 'frozen', title: 'Held.', detail: 'why', ...fields }
      return (await toCliFailure(reply(held), true)).details.hint
    }
    expect(await hint({ held: 'freeze' })).toContain('"holo unfreeze" ends the freeze')
    expect(await hint({ held: 'freeze' })).not.toContain('--outside-window')
    expect(await hint({ held: 'windows' })).toContain('--outside-window')
    for (const fields of [{}, { held: 'later' }, { held: 'constructor' }]) {
      expect(await hint(fields)).toContain('"holo status" says what holds releases')
    }
  })

  it('with a detail of another form is shown without it', async () => {
    const failure = await toCliFailure(
      reply({ code: 'stale', title: 'Stale.', current: 'new', changes: [{ later: true }] }),
      true,
    )
    expect(failure).toMatchObject({ code: 'stale', exitCode: 4 })
    expect(failure.details).toMatchObject({ current: undefined, changes: undefined })
  })

  it.each(Object.keys(PROBLEMS) as ProblemCode[])('%s is read with what it says', (code) => {
    const { title, status } = PROBLEMS[code]
    const [details] = makeSamples(problem) as [object]
    const whole = { ...details, type: 'about:blank', code, title, status, requestId: 'r1' }
    expect(problem.safeParse(whole).error?.issues).toBeUndefined()
    expect(problemAsRead.parse(whole)).toMatchObject({ code, title, requestId: 'r1' })
  })
})
