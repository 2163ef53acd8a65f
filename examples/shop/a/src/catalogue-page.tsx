// All products of release 0.0.3 as a grid of cards, filtered by category.

import { useState } from 'preact/hooks'
import { FailureBox } from '../../shared/web/failure-box.tsx'
import { Link } from '../../shared/web/location.tsx'
import { useAnswer } from '../../shared/web/use-answer.ts'
import { AddButton } from './add-button.tsx'
import { listProducts, type Product } from './api.ts'
import { Picture } from './picture.tsx'
import { toPrice } from './price.ts'

export function CataloguePage() {
  const answer = useAnswer('products', listProducts)
  const [category, setCategory] = useState<string>()
  if (answer === undefined) return <p class="waiting">Unpacking…</p>
  if (!answer.ok) return <FailureBox failure={answer.failure} />

  const { products } = answer.value
  const categories = [...new Set(products.map((product) => product.category))]
  const shown = products.filter(
    (product) => category === undefined || product.category === category,
  )
  return (
    <>
      <h1>Everyday pottery</h1>
      <div class="filters">
        {[undefined, ...categories].map((choice) => (
          <button
            type="button"
            key={choice ?? 'all'}
            aria-pressed={choice === category}
            onClick={() => setCategory(choice)}
          >
            {choice ?? 'all'}
          </button>
        ))}
      </div>
      <ul class="cards">
        {shown.map((product) => (
          <Card product={product} key={product.id} />
        ))}
      </ul>
    </>
  )
}

function Card({ product }: { readonly product: Product }) {
  return (
    <li class="card" data-testid="product">
      <Link to={`/product/${product.id}`} testId="open-product">
        <Picture category={product.category} />
        <h2>{product.name}</h2>
      </Link>
      <p class="price">{toPrice(product.priceCents)}</p>
      <AddButton product={product} />
    </li>
  )
}
