// The API of release 0.0.5 as its page knows it: every call, and the shape of every answer.

import type { Customer } from '../../shared/customer.ts'
import { ask, isListOf, isNumber, isRecord, isString } from '../../shared/web/ask.ts'

export type Money = { readonly amount: string; readonly currency: string }

export type Category = { readonly id: string; readonly title: string }

export type Entry = {
  readonly sku: string
  readonly title: string
  readonly category: string
  readonly summary: string
  readonly price: Money
  readonly available: number
  readonly glaze: string
}

export type Catalogue = {
  readonly categories: readonly Category[]
  readonly entries: readonly Entry[]
}

export type BasketLine = {
  readonly sku: string
  readonly title: string
  readonly quantity: number
  readonly subtotal: Money
}

export type Basket = {
  readonly basketId: string
  readonly lines: readonly BasketLine[]
  readonly total: Money
  readonly ordered: boolean
}

export type Order = { readonly number: string; readonly total: Money }

const ENTRY_SHAPE =
  '{ sku, title, category, summary, price: { amount, currency }, available, glaze }'
const BASKET_SHAPE = '{ basketId, lines: […], total: { amount, currency }, ordered }'

export function getCatalogue() {
  return ask({
    method: 'GET',
    path: '/api/catalogue',
    accepts: isCatalogue,
    shape: `{ categories: […], entries: [${ENTRY_SHAPE}] }`,
  })
}

export function getEntry(sku: string) {
  return ask({
    method: 'GET',
    path: `/api/catalogue/${sku}`,
    accepts: isEntry,
    shape: ENTRY_SHAPE,
  })
}

export function openBasket() {
  return ask({
    method: 'POST',
    path: '/api/baskets',
    body: {},
    accepts: hasBasketId,
    shape: '{ basketId }',
  })
}

export function getBasket(basketId: string) {
  return ask({
    method: 'GET',
    path: `/api/baskets/${basketId}`,
    accepts: isBasket,
    shape: BASKET_SHAPE,
  })
}

export function putLine(basketId: string, sku: string, quantity: number) {
  return ask({
    method: 'PUT',
    path: `/api/baskets/${basketId}/lines/${sku}`,
    body: { quantity },
    accepts: isBasket,
    shape: BASKET_SHAPE,
  })
}

export function checkOut(basketId: string, customer: Customer) {
  return ask({
    method: 'POST',
    path: `/api/baskets/${basketId}/checkout`,
    body: customer,
    accepts: hasOrder,
    shape: '{ order: { number, total: { amount, currency } } }',
  })
}

function isCatalogue(value: unknown): value is Catalogue {
  if (!isRecord(value)) return false
  return isListOf(value.categories, isCategory) && isListOf(value.entries, isEntry)
}

function isCategory(value: unknown): value is Category {
  return isRecord(value) && isString(value.id) && isString(value.title)
}

function isEntry(value: unknown): value is Entry {
  if (!isRecord(value)) return false
  const texts = [value.sku, value.title, value.category, value.summary, value.glaze]
  return texts.every(isString) && isMoney(value.price) && isNumber(value.available)
}

function isMoney(value: unknown): value is Money {
  return isRecord(value) && isString(value.amount) && isString(value.currency)
}

function hasBasketId(value: unknown): value is { readonly basketId: string } {
  return isRecord(value) && isString(value.basketId)
}

function isBasket(value: unknown): value is Basket {
  if (!isRecord(value) || !isString(value.basketId)) return false
  return isListOf(value.lines, isLine) && isMoney(value.total) && typeof value.ordered === 'boolean'
}

function isLine(value: unknown): value is BasketLine {
  if (!isRecord(value)) return false
  const named = isString(value.sku) && isString(value.title)
  return named && isNumber(value.quantity) && isMoney(value.subtotal)
}

function hasOrder(value: unknown): value is { readonly order: Order } {
  if (!isRecord(value) || !isRecord(value.order)) return false
  return isString(value.order.number) && isMoney(value.order.total)
}
