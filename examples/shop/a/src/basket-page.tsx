// The basket of release 0.0.3 as a table, priced with what the API says now.

import { FailureBox } from '../../shared/web/failure-box.tsx'
import { Link } from '../../shared/web/location.tsx'
import { useAnswer } from '../../shared/web/use-answer.ts'
import { listProducts } from './api.ts'
import { setQuantity, useBasket } from './basket.ts'
import { toPrice } from './price.ts'
import { priceLines, totalCentsOf } from './priced-lines.ts'

export function BasketPage() {
  const lines = useBasket()
  const answer = useAnswer('products', listProducts)
  if (lines.length === 0) return <p data-testid="basket-empty">Your basket is empty.</p>
  if (answer === undefined) return <p class="waiting">Adding up…</p>
  if (!answer.ok) return <FailureBox failure={answer.failure} />

  const priced = priceLines(lines, answer.value.products)
  return (
    <>
      <h1>Your basket</h1>
      <table class="basket">
        <tbody>
          {priced.map(({ product, quantity, cents }) => (
            <tr key={product.id} data-testid="basket-line">
              <th scope="row">{product.name}</th>
              <td>
                <input
                  type="number"
                  min="0"
                  max="99"
                  aria-label={`Pieces of ${product.name}`}
                  data-testid="quantity"
                  value={quantity}
                  onChange={(event) => setQuantity(product.id, toPieces(event.currentTarget.value))}
                />
              </td>
              <td class="number">{toPrice(cents)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              Total
            </th>
            <td class="number" data-testid="total">
              {toPrice(totalCentsOf(priced))}
            </td>
          </tr>
        </tfoot>
      </table>
      <Link to="/checkout" class="primary" testId="go-checkout">
        To the checkout
      </Link>
    </>
  )
}

/** What was typed as a number of pieces: whole, 0 to 99. */
function toPieces(text: string): number {
  return Math.min(99, Math.max(0, Math.trunc(Number(text))))
}
