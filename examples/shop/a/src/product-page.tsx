// One product of release 0.0.3. Fetched when it is first opened.

import './product-page.css'
import { FailureBox } from '../../shared/web/failure-box.tsx'
import { Link } from '../../shared/web/location.tsx'
import { useAnswer } from '../../shared/web/use-answer.ts'
import { AddButton } from './add-button.tsx'
import { getProduct } from './api.ts'
import { Picture } from './picture.tsx'
import { toPrice } from './price.ts'

export function ProductPage({ id }: { readonly id: string }) {
  const answer = useAnswer(id, () => getProduct(id))
  if (answer === undefined) return <p class="waiting">Fetching it from the shelf…</p>
  if (!answer.ok) return <FailureBox failure={answer.failure} />

  const product = answer.value
  return (
    <article class="product" data-testid="product-page">
      <Picture category={product.category} />
      <div>
        <p class="category">{product.category}</p>
        <h1>{product.name}</h1>
        <p>{product.description}</p>
        <p class="price">{toPrice(product.priceCents)}</p>
        <p class="stock">{product.stock === 0 ? 'None left.' : `${product.stock} on the shelf.`}</p>
        <AddButton product={product} />
        <p>
          <Link to="/">Back to all pottery</Link>
        </p>
      </div>
    </article>
  )
}
