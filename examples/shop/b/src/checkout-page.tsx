// The checkout of release 0.0.5: turns the server's basket into an order, then confirms it.

import { useState } from 'preact/hooks'
import type { Customer } from '../../shared/customer.ts'
import type { Failure } from '../../shared/web/ask.ts'
import { CustomerForm } from '../../shared/web/customer-form.tsx'
import { FailureBox } from '../../shared/web/failure-box.tsx'
import { Link } from '../../shared/web/location.tsx'
import type { Order } from './api.ts'
import { orderBasket, useBasket } from './basket.ts'
import { toText } from './money.ts'

export function CheckoutPage() {
  const basket = useBasket()
  const [order, setOrder] = useState<Order>()
  const [failure, setFailure] = useState<Failure>()

  if (order !== undefined) {
    return (
      <section class="confirmation" data-testid="confirmation">
        <h1>Done!</h1>
        <p>
          Order <strong data-testid="order-number">{order.number}</strong> for{' '}
          <span data-testid="order-total">{toText(order.total)}</span> is on its way to the kiln.
        </p>
        <Link to="/">Back to the catalogue</Link>
      </section>
    )
  }
  if (basket === undefined || basket.lines.length === 0) {
    return <p data-testid="basket-empty">Nothing in your basket yet.</p>
  }

  const { basketId, total } = basket
  const placeOrder = async (customer: Customer) => {
    const answer = await orderBasket(basketId, customer)
    if (answer.ok) setOrder(answer.value)
    else setFailure(answer.failure)
  }
  return (
    <>
      <h1>Check out</h1>
      {failure !== undefined && <FailureBox failure={failure} />}
      <CustomerForm action={`Order for ${toText(total)}`} onOrder={placeOrder} />
    </>
  )
}
