// Baskets of release 0.0.5: opened empty, filled line by line, turned into one order at checkout.
// In memory, the oldest forgotten first.

import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Customer } from '../shared/customer.ts'
import { customerSchema } from '../shared/server/customer-schema.ts'
import { failure, invalid, type Reply, toProblems } from '../shared/server/reply.ts'
import type { Call, Route } from '../shared/server/routes.ts'
import type { Shelf } from '../shared/server/shelf.ts'
import type { Ware } from '../shared/server/wares.ts'
import { findBySku, type Money, noSuchSku, toMoney, toSku } from './catalogue.ts'

const MAX_BASKETS = 10_000

const lineSchema = z.object({ quantity: z.int().min(0).max(99) })

type Order = { readonly number: string; readonly total: Money; readonly customer: Customer }

type Basket = {
  readonly id: string
  readonly lines: Map<Ware, number>
  order: Order | undefined
}

export function basketRoutes(shelf: Shelf): Route[] {
  const baskets = new Map<string, Basket>()

  /** Asks `answer` with the basket that the path names, or says that there is none. */
  const withBasket = (answer: (basket: Basket, call: Call) => Reply) => (call: Call) => {
    const basket = baskets.get(call.param('id'))
    return basket === undefined
      ? failure(404, 'no-such-basket', `There is no basket ${call.param('id')}.`)
      : answer(basket, call)
  }

  return [
    {
      method: 'POST',
      pattern: '/api/baskets',
      answer: () => {
        const id = randomUUID()
        baskets.set(id, { id, lines: new Map(), order: undefined })
        for (const oldest of baskets.keys()) {
          if (baskets.size <= MAX_BASKETS) break
          baskets.delete(oldest)
        }
        return { status: 201, body: { basketId: id } }
      },
    },
    { method: 'GET', pattern: '/api/baskets/:id', answer: withBasket(showBasket) },
    {
      method: 'PUT',
      pattern: '/api/baskets/:id/lines/:sku',
      answer: withBasket((basket, call) => setLine(shelf, basket, call)),
    },
    {
      method: 'POST',
      pattern: '/api/baskets/:id/checkout',
      answer: withBasket((basket, call) => checkOut(shelf, basket, call)),
    },
  ]
}

function setLine(shelf: Shelf, basket: Basket, { param, body }: Call): Reply {
  if (basket.order !== undefined) return alreadyOrdered(basket.order)
  const ware = findBySku(shelf, param('sku'))
  if (ware === undefined) return noSuchSku(param('sku'))
  const parsed = lineSchema.safeParse(body)
  if (!parsed.success) return invalid(toProblems(parsed.error))

  const { quantity } = parsed.data
  if (quantity > shelf.left(ware)) {
    return failure(409, 'out-of-stock', `${ware.name}: only ${shelf.left(ware)} left.`)
  }
  if (quantity === 0) basket.lines.delete(ware)
  else basket.lines.set(ware, quantity)
  return showBasket(basket)
}

function checkOut(shelf: Shelf, basket: Basket, { body }: Call): Reply {
  if (basket.order !== undefined) return alreadyOrdered(basket.order)
  const parsed = customerSchema.safeParse(body)
  if (!parsed.success) return invalid(toProblems(parsed.error))
  if (basket.lines.size === 0) return invalid([{ path: '', message: 'The basket is empty.' }])

  const wanted = [...basket.lines].map(([ware, quantity]) => ({ ware, quantity }))
  const shortage = shelf.take(wanted)
  if (shortage !== undefined) return failure(409, 'out-of-stock', shortage)
  const number = `B-${randomUUID().slice(0, 8)}`
  const total = toMoney(totalCents(basket.lines))
  basket.order = { number, total, customer: parsed.data }
  return { status: 201, body: { order: { number, total } } }
}

function showBasket({ id, lines, order }: Basket): Reply {
  const shown = [...lines].map(([ware, quantity]) => ({
    sku: toSku(ware),
    title: ware.name,
    quantity,
    price: toMoney(ware.priceCents),
    subtotal: toMoney(ware.priceCents * quantity),
  }))
  const total = toMoney(totalCents(lines))
  return { status: 200, body: { basketId: id, lines: shown, total, ordered: order !== undefined } }
}

function totalCents(lines: Basket['lines']): number {
  return [...lines].reduce((sum, [ware, quantity]) => sum + ware.priceCents * quantity, 0)
}

function alreadyOrdered({ number }: Order): Reply {
  return failure(409, 'already-ordered', `This basket became the order ${number}.`)
}
