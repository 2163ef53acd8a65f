import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readAuthoritySettings } from '../../src/control/access/authority-settings.ts'

let logged: string[]
beforeEach(() => {
  logged = []
  vi.spyOn(console, 'error').mockImplementation((text) => void logged.push(text))
})
afterEach(() => vi.restoreAllMocks())

const TEAM = 'team.cloudflareaccess.com'
const ACCESS = { ACCESS_TEAM_DOMAIN: TEAM, ACCESS_AUDIENCE: 'tag' }

describe('the first token', () => {
  it.each(['x'.repeat(32), 'Ab0-._~+/'.repeat(5), `${'a'.repeat(43)}=`])('may be %s', (token) => {
    expect(readAuthoritySettings({ HOLO_ADMIN_TOKEN: token }).firstToken).toBe(token)
    expect(logged).toEqual([])
  })

  it.each(['x'.repeat(31), 'x'.repeat(513), `${'x'.repeat(40)} y`, 'é'.repeat(40), '='.repeat(40)])(
    'is not accepted as %s, and the log says so without it',
    (token) => {
      expect(readAuthoritySettings({ HOLO_ADMIN_TOKEN: token }).firstToken).toBeUndefined()
      expect(logged).toEqual([expect.stringContaining('HOLO_ADMIN_TOKEN is not accepted')])
      expect(logged[0]).not.toContain(token)
    },
  )

  it('may be none', () => {
    for (const env of [{}, { HOLO_ADMIN_TOKEN: '' }]) {
      expect(readAuthoritySettings(env)).toEqual({ firstToken: undefined, access: undefined })
    }
    expect(logged).toEqual([])
  })
})

describe('Access', () => {
  it('is on when team and audience are set, and may read', () => {
    expect(readAuthoritySettings(ACCESS).access).toEqual({
      issuer: `https://${TEAM}`,
      audience: 'tag',
      scopes: ['read'],
    })
  })

  it.each([
    [{ ACCESS_TEAM_DOMAIN: TEAM }],
    [{ ACCESS_AUDIENCE: 'tag' }],
    [{ ...ACCESS, ACCESS_TEAM_DOMAIN: `https://${TEAM}` }],
    [{ ...ACCESS, ACCESS_TEAM_DOMAIN: `${TEAM}/evil` }],
    [{ ...ACCESS, ACCESS_TEAM_DOMAIN: `user@${TEAM}` }],
    [{ ...ACCESS, ACCESS_TEAM_DOMAIN: 'team' }],
  ])('is off, and the log says so, with %j', (env) => {
    expect(readAuthoritySettings(env).access).toBeUndefined()
    expect(logged).toEqual([expect.stringContaining('Access is not used')])
  })

  it.each([
    ['shift, read', ['read', 'shift']],
    ['admin', ['admin']],
    ['', ['read']],
    ['root', ['read']],
    ['admin root', ['read']],
  ])('takes the scopes "%s" as %j', (scopes, expected) => {
    expect(readAuthoritySettings({ ...ACCESS, ACCESS_SCOPES: scopes }).access?.scopes).toEqual(
      expected,
    )
  })
})
