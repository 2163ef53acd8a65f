// The catalogue of release 0.0.5: one shelf per category, found by name with a search field.

import { useState } from 'preact/hooks'
import { FailureBox } from '../../shared/web/failure-box.tsx'
import { Link } from '../../shared/web/location.tsx'
import { useAnswer } from '../../shared/web/use-answer.ts'
import { AddButton } from './add-button.tsx'
import { type Entry, getCatalogue } from './api.ts'
import { toText } from './money.ts'
import { Picture } from './picture.tsx'

export function CataloguePage() {
  const answer = useAnswer('catalogue', getCatalogue)
  const [search, setSearch] = useState('')
  if (answer === undefined) return <p class="waiting">Opening the catalogue…</p>
  if (!answer.ok) return <FailureBox failure={answer.failure} />

  const wanted = search.trim().toLowerCase()
  const found = answer.value.entries.filter((entry) => entry.title.toLowerCase().includes(wanted))
  const shelves = answer.value.categories
    .map(({ id, title }) => ({
      id,
      title,
      entries: found.filter((entry) => entry.category === id),
    }))
    .filter(({ entries }) => entries.length > 0)
  return (
    <>
      <h1>Pottery, by colour</h1>
      <input
        type="search"
        placeholder="Find a piece"
        aria-label="Find a piece"
        value={search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      {shelves.length === 0 && <p>Nothing has that name.</p>}
      {shelves.map(({ id, title, entries }) => (
        <section key={id}>
          <h2>{title}</h2>
          <ul class="shelf">
            {entries.map((entry) => (
              <Row entry={entry} key={entry.sku} />
            ))}
          </ul>
        </section>
      ))}
    </>
  )
}

function Row({ entry }: { readonly entry: Entry }) {
  return (
    <li class="row" data-testid="product">
      <Picture category={entry.category} glaze={entry.glaze} />
      <div>
        <Link to={`/product/${entry.sku.toLowerCase()}`} testId="open-product">
          {entry.title}
        </Link>
        <p class="price">{toText(entry.price)}</p>
      </div>
      <AddButton entry={entry} />
    </li>
  )
}
