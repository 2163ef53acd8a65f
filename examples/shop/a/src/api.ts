// The API of release 0.0.3 as its page knows it: every call, and the shape of every answer.

import type { Customer } from '../../shared/customer.ts'
import { ask, isListOf, isNumber, isRecord, isString } from '../../shared/web/ask.ts'
import type { Line } from './basket.ts'

export type Product = {
  readonly id: string
  readonly name: string
  readonly category: string
  readonly description: string
  readonly priceCents: number
  readonly stock: number
}

const PRODUCT_SHAPE = '{ id, name, category, description, priceCents, stock }'

export function listProducts() {
  return ask({
    method: 'GET',
    path: '/api/products',
    accepts: isProductList,
    shape: `{ products: [${PRODUCT_SHAPE}] }`,
  })
}

export function getProduct(id: string) {
  return ask({
    method: 'GET',
    path: `/api/products/${id}`,
    accepts: isProduct,
    shape: PRODUCT_SHAPE,
  })
}

export function placeOrder(items: readonly Line[], customer: Customer) {
  return ask({
    method: 'POST',
    path: '/api/orders',
    body: { items, customer },
    accepts: isReceipt,
    shape: '{ orderId, totalCents }',
  })
}

function isProductList(value: unknown): value is { readonly products: readonly Product[] } {
  return isRecord(value) && isListOf(value.products, isProduct)
}

function isProduct(value: unknown): value is Product {
  if (!isRecord(value)) return false
  const texts = [value.id, value.name, value.category, value.description]
  return texts.every(isString) && isNumber(value.priceCents) && isNumber(value.stock)
}

function isReceipt(
  value: unknown,
): value is { readonly orderId: string; readonly totalCents: number } {
  return isRecord(value) && isString(value.orderId) && isNumber(value.totalCents)
}
