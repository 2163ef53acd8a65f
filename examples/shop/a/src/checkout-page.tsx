// The checkout of release 0.0.3: one request with the whole basket, then the confirmation.

import { useState } from 'preact/hooks'
import type { Customer } from '../../shared/customer.ts'
import type { Failure } from '../../shared/web/ask.ts'
import { CustomerForm } from '../../shared/web/customer-form.tsx'
import { FailureBox } from '../../shared/web/failure-box.tsx'
import { Link } from '../../shared/web/location.tsx'
import { placeOrder } from './api.ts'
import { emptyBasket, useBasket } from './basket.ts'
import { toPrice } from './price.ts'

export function CheckoutPage() {
  const lines = useBasket()
  const [receipt, setReceipt] = useState<{ orderId: string; totalCents: number }>()
  const [failure, setFailure] = useState<Failure>()

  const order = async (customer: Customer) => {
    const answer = await placeOrder(lines, customer)
    if (!answer.ok) return setFailure(answer.failure)
    setReceipt(answer.value)
    emptyBasket()
  }

  if (receipt !== undefined) {
    return (
      <section class="confirmation" data-testid="confirmation">
        <h1>Thank you!</h1>
        <p>
          Your order <strong data-testid="order-number">{receipt.orderId}</strong> over{' '}
          <span data-testid="order-total">{toPrice(receipt.totalCents)}</span> is being packed.
        </p>
        <Link to="/">Back to all pottery</Link>
      </section>
    )
  }
  if (lines.length === 0) return <p data-testid="basket-empty">Your basket is empty.</p>
  return (
    <>
      <h1>Checkout</h1>
      {failure !== undefined && <FailureBox failure={failure} />}
      <CustomerForm action="Place the order" onOrder={order} />
    </>
  )
}
