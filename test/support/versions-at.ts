// Which versions visitors get at an address, from a local run with a project's own build.

import { expect } from 'vitest'
import { ask, DOCUMENT } from './http-client.ts'

/** So many that each version with half of the traffic is among what they get. */
const VISITORS = Array.from({ length: 40 }, (_, n) => String(n).padStart(22, 'v'))

/** The versions that visitors get for the home page, which is whole for each and has the words. */
export async function versionsAt(url: string, words: RegExp): Promise<Set<unknown>> {
  const pages = await Promise.all(
    VISITORS.map((visitor) =>
      ask(new URL(url), '/', {
        headers: {
          ...DOCUMENT,
          cookie: `holo-visitor=${visitor}`,
          'accept-encoding': 'identity',
        },
      }),
    ),
  )
  for (const { status, body } of pages) {
    expect(status).toBe(200)
    expect(body).toMatch(words)
  }
  return new Set(pages.map(({ headers }) => headers['holo-version']))
}
