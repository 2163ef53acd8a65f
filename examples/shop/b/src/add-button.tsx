// The button that puts one piece of an entry into the basket.

import type { Entry } from './api.ts'
import { addToBasket } from './basket.ts'

export function AddButton({ entry }: { readonly entry: Entry }) {
  const soldOut = entry.available === 0
  return (
    <button
      type="button"
      class="primary"
      data-testid="add-to-basket"
      disabled={soldOut}
      onClick={() => void addToBasket(entry.sku)}
    >
      {soldOut ? 'Sold out' : 'Add'}
    </button>
  )
}
