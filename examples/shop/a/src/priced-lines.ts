// Brings the lines of the basket and the products of the API together.

import type { Product } from './api.ts'
import type { Line } from './basket.ts'

export type PricedLine = {
  readonly product: Product
  readonly quantity: number
  readonly cents: number
}

/** Lines with their products. One whose product is no longer sold is left out. */
export function priceLines(lines: readonly Line[], products: readonly Product[]): PricedLine[] {
  const byId = new Map(products.map((product) => [product.id, product]))
  return lines.flatMap(({ id, quantity }) => {
    const product = byId.get(id)
    return product === undefined
      ? []
      : [{ product, quantity, cents: product.priceCents * quantity }]
  })
}

export function totalCentsOf(lines: readonly PricedLine[]): number {
  return lines.reduce((sum, { cents }) => sum + cents, 0)
}
