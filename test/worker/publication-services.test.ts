// A version id belongs to its services as it does to its files: whichever field of a service differs,
// publishing the id again is refused.

import { describe, expect, it } from 'vitest'
import { flipEach, WHOLE } from '../support/flipped-services.ts'
import { make, PublicationWorld } from './publication-world.ts'

describe('publishing a version again', () => {
  it('is refused for another value of any field of a service, and taken for the same', async () => {
    const world = await PublicationWorld.create()
    const made = await make({ '/index.html': 'page' })
    await world.live(async (client) => {
      await client.publish('1.0.0', made)
      expect((await client.first('1.0.0', made)).status).toBe(200)
      expect((await client.publish('1.1.0', made, [WHOLE])).answer.body.state).toBe('finalised')
      const turned = Object.fromEntries(Object.entries(WHOLE).reverse())
      expect((await client.begin('1.1.0', made, [turned])).answer.body.state).toBe('finalised')
      for (const { field, service } of flipEach()) {
        const { answer } = await client.begin('1.1.0', made, [service])
        expect(answer.body, field).toMatchObject({
          status: 409,
          code: 'version_differs',
          more: 0,
          differences: [expect.stringMatching(/^services: \{.*\} became \{.*\}$/)],
        })
      }
    })
  })
})
