// The basket of release 0.0.3: it lives in the browser and is sent whole with the order. The
// server learns of it only then.

import { isListOf, isNumber, isRecord, isString } from '../../shared/web/ask.ts'
import { createCell } from '../../shared/web/cell.ts'

export type Line = { readonly id: string; readonly quantity: number }

const STORAGE_KEY = 'shop-a-basket'

const lines = createCell(readStored(localStorage.getItem(STORAGE_KEY)))

addEventListener('storage', (event) => {
  if (event.key === STORAGE_KEY) lines.set(readStored(event.newValue))
})

/** What is in the basket, in the order in which it was put there. */
export const useBasket = lines.use

export function addToBasket(id: string): void {
  const present = lines.get().find((line) => line.id === id)
  if (present === undefined) store([...lines.get(), { id, quantity: 1 }])
  else setQuantity(id, present.quantity + 1)
}

/** Zero takes the product out. */
export function setQuantity(id: string, quantity: number): void {
  const changed = lines.get().map((line) => (line.id === id ? { id, quantity } : line))
  store(changed.filter((line) => line.quantity > 0))
}

export function emptyBasket(): void {
  store([])
}

function store(next: readonly Line[]): void {
  localStorage.setItem(STORAGE_KEY, JSON.stringify(next))
  lines.set(next)
}

/** What storage has, unless something else wrote there. */
function readStored(text: string | null): readonly Line[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]')
    return isListOf(value, isLine) ? value : []
  } catch {
    // Not ours: an empty basket is the honest reading.
    return []
  }
}

function isLine(value: unknown): value is Line {
  return isRecord(value) && isString(value.id) && isNumber(value.quantity)
}
