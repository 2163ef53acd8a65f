// The basket of release 0.0.5 as the server tells it, with buttons for one more and one less.

import { Link } from '../../shared/web/location.tsx'
import type { BasketLine } from './api.ts'
import { changeQuantity, useBasket } from './basket.ts'
import { toText } from './money.ts'

export function BasketPage() {
  const basket = useBasket()
  if (basket === undefined || basket.lines.length === 0) {
    return <p data-testid="basket-empty">Nothing in your basket yet.</p>
  }
  return (
    <>
      <h1>Basket</h1>
      <ul class="lines">
        {basket.lines.map((line) => (
          <Line line={line} key={line.sku} />
        ))}
      </ul>
      <p class="total">
        Total <strong data-testid="total">{toText(basket.total)}</strong>
      </p>
      <Link to="/checkout" class="primary" testId="go-checkout">
        Check out
      </Link>
    </>
  )
}

function Line({ line: { sku, title, quantity, subtotal } }: { readonly line: BasketLine }) {
  return (
    <li data-testid="basket-line">
      <span>{title}</span>
      <span class="stepper">
        <button
          type="button"
          aria-label={`One ${title} less`}
          onClick={() => void changeQuantity(sku, -1)}
        >
          −
        </button>
        <span data-testid="quantity">{quantity}</span>
        <button
          type="button"
          aria-label={`One ${title} more`}
          onClick={() => void changeQuantity(sku, 1)}
        >
          +
        </button>
      </span>
      <span>{toText(subtotal)}</span>
    </li>
  )
}
