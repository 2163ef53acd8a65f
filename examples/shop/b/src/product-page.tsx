// One entry of release 0.0.5. Fetched when it is first opened.

import './product-page.css'
import { FailureBox } from '../../shared/web/failure-box.tsx'
import { Link } from '../../shared/web/location.tsx'
import { useAnswer } from '../../shared/web/use-answer.ts'
import { AddButton } from './add-button.tsx'
import { getEntry } from './api.ts'
import { toText } from './money.ts'
import { Picture } from './picture.tsx'

export function ProductPage({ sku }: { readonly sku: string }) {
  const answer = useAnswer(sku, () => getEntry(sku))
  if (answer === undefined) return <p class="waiting">Fetching it…</p>
  if (!answer.ok) return <FailureBox failure={answer.failure} />

  const entry = answer.value
  return (
    <article class="entry" data-testid="product-page">
      <Picture category={entry.category} glaze={entry.glaze} />
      <h1>{entry.title}</h1>
      <p>{entry.summary}</p>
      <p>
        <strong class="price">{toText(entry.price)}</strong>{' '}
        <span class="sku">
          {entry.sku}, {entry.available} available
        </span>
      </p>
      <AddButton entry={entry} />
      <p>
        <Link to="/">Back to the catalogue</Link>
      </p>
    </article>
  )
}
