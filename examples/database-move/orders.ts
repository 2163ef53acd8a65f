// What an order is, what each database has to do with orders, and what is wrong with one that somebody sends.

export type Item = { readonly sku: string; readonly quantity: number; readonly price: number }

export type NewOrder = { readonly customer: string; readonly items: readonly Item[] }

export type Order = NewOrder & {
  readonly id: number
  readonly total: number
  readonly status: 'placed' | 'cancelled'
  readonly placedAt: string
}

/** An order with the number of its last change. Each write takes the next number of the whole table. */
export type StoredOrder = { readonly order: Order; readonly change: number }

export type OrderStore = {
  /** Orders in the order of their ids, of one customer if one is named. */
  readonly list: (customer: string | undefined) => Promise<Order[]>
  readonly find: (id: number) => Promise<Order | undefined>
  readonly place: (order: NewOrder) => Promise<StoredOrder>
  /** Changes nothing if it was cancelled before. */
  readonly cancel: (id: number) => Promise<StoredOrder | undefined>
  /** The number of the last change; 0 while there is no order. */
  readonly lastChange: () => Promise<number>
  /** What changed after that number, the oldest change first. */
  readonly changedAfter: (change: number, limit: number) => Promise<StoredOrder[]>
  /** Writes orders of the other database with their ids and changes: all of them, or none. */
  readonly put: (orders: readonly StoredOrder[]) => Promise<void>
  readonly close: () => Promise<void>
}

const MAX_ITEMS = 50
const MAX_NAME_CHARACTERS = 100

/** The order that a body holds, or a sentence that says what is wrong with it. */
export function parseNewOrder(body: unknown): NewOrder | string {
  if (!isRecord(body) || !isName(body.customer)) return 'customer: a name is needed'
  const { customer, items } = body
  if (!Array.isArray(items) || items.length === 0 || items.length > MAX_ITEMS) {
    return `items: a list of 1 to ${MAX_ITEMS} is needed`
  }
  const parsed: Item[] = []
  for (const item of items) {
    if (!isRecord(item) || !isName(item.sku)) return 'items: each needs a sku'
    const { sku, quantity, price } = item
    if (!isNumber(quantity, 1, 1000) || !Number.isInteger(quantity)) {
      return 'items: quantity is a whole number from 1 to 1000'
    }
    if (!isNumber(price, 0, 10_000)) return 'items: price is a number from 0 to 10000'
    parsed.push({ sku, quantity, price: toCents(price) / 100 })
  }
  return { customer, items: parsed }
}

export function toTotal(items: readonly Item[]): number {
  const cents = items.reduce((sum, { quantity, price }) => sum + quantity * toCents(price), 0)
  return cents / 100
}

const toCents = (price: number) => Math.round(price * 100)

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME_CHARACTERS
}

function isNumber(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most
}
