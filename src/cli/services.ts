// Services of a version as people write them: `--service /api/=https://…` and holo.json. Whether the
// edge takes them is for the API to say.

import type { PublishedService } from '../document/service.ts'
import type { ConfigServices } from './config.ts'
import { misuse } from './failure.ts'

/** The same prefix twice: its origins take turns. @throws CliFailure */
export function parseServices(texts: readonly string[]): ConfigServices {
  const services = new Map<string, string[]>()
  for (const text of texts) {
    const cut = text.indexOf('=')
    const [prefix, origin] = [text.slice(0, cut), text.slice(cut + 1)]
    if (cut < 1 || !/^\/(?:.*\/)?$/.test(prefix) || origin === '') {
      throw misuse(
        `"${text}" is no service: write /api/=https://api.example.com (a prefix ends with "/")`,
      )
    }
    services.set(prefix, [...(services.get(prefix) ?? []), origin])
  }
  return Object.fromEntries(services)
}

export function toServices(services: ConfigServices): readonly PublishedService[] {
  return Object.entries(services).map(([prefix, said]) => {
    if (typeof said === 'string') return { prefix, origins: [said] }
    return Array.isArray(said) ? { prefix, origins: said } : { prefix, ...said }
  })
}
