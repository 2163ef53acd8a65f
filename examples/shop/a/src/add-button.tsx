// The button that puts one piece of a product into the basket.

import type { Product } from './api.ts'
import { addToBasket } from './basket.ts'

export function AddButton({ product }: { readonly product: Product }) {
  const soldOut = product.stock === 0
  return (
    <button
      type="button"
      class="primary"
      data-testid="add-to-basket"
      disabled={soldOut}
      onClick={() => addToBasket(product.id)}
    >
      {soldOut ? 'Sold out' : 'Add to basket'}
    </button>
  )
}
