// What release 0.0.5 tells of its wares: entries by SKU within titled categories. Baskets are not
// its concern.

import { failure, type Reply } from '../shared/server/reply.ts'
import type { Route } from '../shared/server/routes.ts'
import type { Shelf } from '../shared/server/shelf.ts'
import { type Category, WARES, type Ware } from '../shared/server/wares.ts'

export type Money = {
  /** Decimal, two places: `"18.00"`. */
  readonly amount: string
  readonly currency: 'EUR'
}

const TITLES: Readonly<Record<Category, string>> = {
  cups: 'Cups & mugs',
  bowls: 'Bowls',
  vases: 'Vases & bottles',
  plates: 'Plates',
}

export const CATEGORIES = Object.entries(TITLES).map(([id, title]) => ({ id, title }))

export function toEntry(ware: Ware, shelf: Shelf) {
  return {
    sku: toSku(ware),
    title: ware.name,
    category: ware.category,
    summary: ware.description,
    price: toMoney(ware.priceCents),
    available: shelf.left(ware),
    glaze: ware.glaze,
  }
}

export function catalogueRoutes(shelf: Shelf): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/api/catalogue',
      answer: (): Reply => {
        const entries = WARES.map((ware) => toEntry(ware, shelf))
        return { status: 200, body: { categories: CATEGORIES, entries } }
      },
    },
    {
      method: 'GET',
      pattern: '/api/catalogue/:sku',
      answer: ({ param }): Reply => {
        const ware = findBySku(shelf, param('sku'))
        return ware === undefined
          ? noSuchSku(param('sku'))
          : { status: 200, body: toEntry(ware, shelf) }
      },
    },
  ]
}

/** A ware's SKU: its id in capitals. */
export function toSku(ware: Ware): string {
  return ware.id.toUpperCase()
}

/** The ware of a SKU. Capitals matter: an id of release 0.0.3 is no SKU. */
export function findBySku(shelf: Shelf, sku: string): Ware | undefined {
  const ware = shelf.find(sku.toLowerCase())
  return ware !== undefined && toSku(ware) === sku ? ware : undefined
}

export function noSuchSku(sku: string): Reply {
  return failure(404, 'no-such-item', `There is no SKU ${sku}.`)
}

export function toMoney(cents: number): Money {
  return { amount: (cents / 100).toFixed(2), currency: 'EUR' }
}
