import { describe, expect, it } from 'vitest'
import { permitScript } from '../../src/core/script-permit.ts'

const ORIGIN = 'https://shop.example.com'
const of = (policy: string | null, integrity: string | null = null) =>
  permitScript(policy, integrity, ORIGIN)

describe('a script of the own origin', () => {
  it.each([
    null,
    '',
    "default-src 'self'",
    "default-src 'none'; script-src 'self'",
    "script-src 'none'; script-src-elem 'self'",
    "img-src 'none'",
    'script-src *',
    'script-src https:',
    'script-src http:',
    'script-src shop.example.com',
    'script-src https://shop.example.com/',
    'script-src *.example.com',
    "script-src 'self', default-src https:",
    "script-src 'self'; script-src 'none'",
    'sandbox allow-scripts allow-forms',
    "SCRIPT-SRC 'SELF'",
  ])('needs no nonce under %j', (policy) => {
    expect(of(policy)).toEqual({ nonce: undefined })
  })

  it.each([
    ["script-src 'nonce-abc'", 'abc'],
    ["script-src 'nonce-a+/_-=='  'strict-dynamic'", 'a+/_-=='],
    ["default-src 'self' 'strict-dynamic' 'nonce-abc'", 'abc'],
    ["script-src 'nonce-abc' 'nonce-xyz', script-src 'nonce-xyz'", 'xyz'],
    ["script-src 'nonce-abc', script-src 'self'", 'abc'],
    ["script-src https: 'strict-dynamic' 'nonce-r4nd0m'; base-uri 'none'", 'r4nd0m'],
  ])('takes the nonce of %j', (policy, nonce) => {
    expect(of(policy)).toEqual({ nonce })
  })

  it.each([
    "script-src 'none'",
    "default-src 'none'",
    'script-src',
    "script-src 'sha256-abc'",
    "script-src 'sha256-abc' 'strict-dynamic' 'self'",
    'script-src https://cdn.example.com',
    'script-src http://shop.example.com.evil.com',
    'script-src https://shop.example.com/only/here/',
    'script-src *.shop.example.com',
    "script-src 'nonce-abc', script-src 'nonce-xyz'",
    "script-src 'nonce-abc', script-src 'none'",
    'sandbox',
    'sandbox allow-forms',
    "script-src 'nonce-\"><script>'",
  ])('may not run under %j', (policy) => {
    expect(of(policy)).toBeUndefined()
  })

  it('may not run where scripts need a hash', () => {
    expect(of(null, 'blocked-destinations=(script)')).toBeUndefined()
    expect(of(null, 'blocked-destinations=(style)')).toEqual({ nonce: undefined })
  })
})
