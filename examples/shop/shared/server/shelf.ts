// How many pieces of each ware are left while a backend runs. In memory: a restart fills it again.

import { WARES, type Ware } from './wares.ts'

export type Wanted = { readonly ware: Ware; readonly quantity: number }

export type Shelf = {
  readonly find: (id: string) => Ware | undefined
  readonly left: (ware: Ware) => number
  /** Takes everything or nothing. A sentence for the customer says what is short. */
  readonly take: (wanted: readonly Wanted[]) => string | undefined
}

export function openShelf(): Shelf {
  const byId = new Map(WARES.map((ware) => [ware.id, ware]))
  const stock = new Map(WARES.map((ware) => [ware, ware.stock]))
  const left = (ware: Ware) => stock.get(ware) ?? 0

  return {
    find: (id) => byId.get(id),
    left,
    take(wanted) {
      const short = wanted.filter(({ ware, quantity }) => quantity > left(ware))
      if (short.length > 0) {
        const rest = short.map(({ ware }) => `${ware.name}: ${left(ware)} left`).join('; ')
        return `We do not have that many (${rest}).`
      }
      for (const { ware, quantity } of wanted) stock.set(ware, left(ware) - quantity)
      return undefined
    },
  }
}
