// The backend of release 0.0.3: products by id, prices in cents, and an order as one request that
// brings the whole basket along. Orders live in memory.

import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { customerSchema } from '../shared/server/customer-schema.ts'
import { failure, invalid, type Reply, toProblems } from '../shared/server/reply.ts'
import type { Call, Route } from '../shared/server/routes.ts'
import { serveShop } from '../shared/server/serve.ts'
import { openShelf } from '../shared/server/shelf.ts'
import { WARES, type Ware } from '../shared/server/wares.ts'
import { RELEASE } from './release.ts'

const orderSchema = z.object({
  items: z
    .array(z.object({ id: z.string(), quantity: z.int().min(1).max(99) }))
    .min(1)
    .max(50),
  customer: customerSchema,
})

type Order = z.infer<typeof orderSchema> & { readonly totalCents: number }

const shelf = openShelf()
const orders = new Map<string, Order>()

const routes: readonly Route[] = [
  { method: 'GET', pattern: '/api/products', answer: listProducts },
  { method: 'GET', pattern: '/api/products/:id', answer: showProduct },
  { method: 'POST', pattern: '/api/orders', answer: placeOrder },
  { method: 'GET', pattern: '/api/orders/:id', answer: showOrder },
]

serveShop(RELEASE, routes)

function listProducts(): Reply {
  return { status: 200, body: { products: WARES.map(toProduct) } }
}

function showProduct({ param }: Call): Reply {
  const ware = shelf.find(param('id'))
  if (ware === undefined) return failure(404, 'no-such-item', `There is no product ${param('id')}.`)
  return { status: 200, body: toProduct(ware) }
}

function placeOrder({ body }: Call): Reply {
  const parsed = orderSchema.safeParse(body)
  if (!parsed.success) return invalid(toProblems(parsed.error))

  const { items } = parsed.data
  const quantities = new Map<Ware, number>()
  const problems = []
  for (const [index, { id, quantity }] of items.entries()) {
    const ware = shelf.find(id)
    if (ware === undefined) {
      problems.push({ path: `items.${index}.id`, message: `There is no product ${id}.` })
    } else {
      quantities.set(ware, (quantities.get(ware) ?? 0) + quantity)
    }
  }
  if (problems.length > 0) return invalid(problems)

  const wanted = [...quantities].map(([ware, quantity]) => ({ ware, quantity }))
  const shortage = shelf.take(wanted)
  if (shortage !== undefined) return failure(409, 'out-of-stock', shortage)

  const totalCents = wanted.reduce((sum, { ware, quantity }) => sum + ware.priceCents * quantity, 0)
  const orderId = `A-${randomUUID().slice(0, 8)}`
  orders.set(orderId, { ...parsed.data, totalCents })
  return { status: 201, body: { orderId, totalCents } }
}

/** Without the customer: whoever knows an order's id is not thereby its owner. */
function showOrder({ param }: Call): Reply {
  const order = orders.get(param('id'))
  if (order === undefined) return failure(404, 'no-such-item', `There is no order ${param('id')}.`)
  const { items, totalCents } = order
  return { status: 200, body: { orderId: param('id'), items, totalCents } }
}

function toProduct(ware: Ware) {
  const { id, name, category, description, priceCents } = ware
  return { id, name, category, description, priceCents, stock: shelf.left(ware) }
}
