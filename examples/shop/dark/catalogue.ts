// The catalogue of release 0.0.5 written anew, with three seeded changes: one price is wrong, the header
// Cache-Control is another one, and the entries have another order, which the page does not mind.

import { CATEGORIES, findBySku, noSuchSku, toEntry, toMoney } from '../b/catalogue.ts'
import type { Reply } from '../shared/server/reply.ts'
import type { Route } from '../shared/server/routes.ts'
import type { Shelf } from '../shared/server/shelf.ts'
import { WARES, type Ware } from '../shared/server/wares.ts'

const WRONG_PRICE = { id: 'harbour-mug', cents: 2490 }
const HEADERS = { 'cache-control': 'max-age=60' }

export function darkCatalogueRoutes(shelf: Shelf): Route[] {
  const toDarkEntry = (ware: Ware) => {
    const entry = toEntry(ware, shelf)
    return ware.id === WRONG_PRICE.id ? { ...entry, price: toMoney(WRONG_PRICE.cents) } : entry
  }
  return [
    {
      method: 'GET',
      pattern: '/api/catalogue',
      answer: (): Reply => {
        const entries = WARES.toReversed().map(toDarkEntry)
        return { status: 200, body: { categories: CATEGORIES, entries }, headers: HEADERS }
      },
    },
    {
      method: 'GET',
      pattern: '/api/catalogue/:sku',
      answer: ({ param }): Reply => {
        const ware = findBySku(shelf, param('sku'))
        if (ware === undefined) return noSuchSku(param('sku'))
        return { status: 200, body: toDarkEntry(ware), headers: HEADERS }
      },
    },
  ]
}
