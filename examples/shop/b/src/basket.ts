// The basket of release 0.0.5: the server keeps it, the browser keeps its id. Changes are sent one
// after the other, so that two quick clicks are two pieces.

import type { Customer } from '../../shared/customer.ts'
import type { Answer, Failure } from '../../shared/web/ask.ts'
import { createCell } from '../../shared/web/cell.ts'
import { type Basket, checkOut, getBasket, type Order, openBasket, putLine } from './api.ts'

const STORAGE_KEY = 'shop-b-basket-id'

/** What the API says of a basket that can no longer be filled. */
const GONE: ReadonlySet<string> = new Set(['no-such-basket', 'already-ordered'])

const basket = createCell<Basket | undefined>(undefined)
const failure = createCell<Failure | undefined>(undefined)

let lastChange: Promise<unknown> = Promise.resolve()

/** The basket as the server last told it; `undefined` before there is one. */
export const useBasket = basket.use

/** Why the last change did not happen; `undefined` when it did. */
export const useBasketFailure = failure.use

/** Asks for the basket that this browser had. One that is gone or was ordered is forgotten. */
export function restoreBasket(): Promise<void> {
  return inTurn(async () => {
    const basketId = localStorage.getItem(STORAGE_KEY)
    if (basketId === null) return
    const answer = await getBasket(basketId)
    if (answer.ok && !answer.value.ordered) basket.set(answer.value)
    else if (answer.ok || isGone(answer.failure)) localStorage.removeItem(STORAGE_KEY)
    else failure.set(answer.failure)
  })
}

export function addToBasket(sku: string): Promise<void> {
  return inTurn(async () => {
    const basketId = basket.get()?.basketId ?? (await openNew())
    if (basketId !== undefined) await changeLine(basketId, sku, quantityOf(sku) + 1)
  })
}

/** Adds `difference` pieces, which may be negative. */
export function changeQuantity(sku: string, difference: number): Promise<void> {
  return inTurn(async () => {
    const basketId = basket.get()?.basketId
    if (basketId === undefined) return
    await changeLine(basketId, sku, Math.max(0, quantityOf(sku) + difference))
  })
}

/** Makes an order of the basket; afterwards there is none. */
export function orderBasket(basketId: string, customer: Customer): Promise<Answer<Order>> {
  return inTurn(async () => {
    const answer = await checkOut(basketId, customer)
    if (!answer.ok) return answer
    forget()
    return { ok: true, value: answer.value.order }
  })
}

function inTurn<T>(change: () => Promise<T>): Promise<T> {
  const turn = lastChange.then(change, change)
  lastChange = turn
  return turn
}

async function openNew(): Promise<string | undefined> {
  const answer = await openBasket()
  if (!answer.ok) {
    failure.set(answer.failure)
    return undefined
  }
  localStorage.setItem(STORAGE_KEY, answer.value.basketId)
  return answer.value.basketId
}

async function changeLine(basketId: string, sku: string, quantity: number): Promise<void> {
  const answer = await putLine(basketId, sku, quantity)
  failure.set(answer.ok ? undefined : answer.failure)
  if (answer.ok) basket.set(answer.value)
  else if (isGone(answer.failure)) forget()
}

function quantityOf(sku: string): number {
  return basket.get()?.lines.find((line) => line.sku === sku)?.quantity ?? 0
}

function isGone(reason: Failure): boolean {
  return reason.kind === 'refused' && GONE.has(reason.code)
}

function forget(): void {
  localStorage.removeItem(STORAGE_KEY)
  basket.set(undefined)
}
