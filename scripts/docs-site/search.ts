// The search of the docs site, in the browser: loads the index when somebody first types, and lists the sections found.

import MiniSearch from 'minisearch'
import { INDEX_FILE, INDEX_OPTIONS, type SearchEntry } from './search-index.ts'

const MAX_RESULTS = 12
const WAIT_MS = 80

const root = new URL(document.body.dataset.root ?? './', location.href)
const input = document.querySelector<HTMLInputElement>('#query')
const results = document.querySelector<HTMLElement>('#results')
let index: Promise<MiniSearch<SearchEntry>> | undefined
let timer: ReturnType<typeof setTimeout> | undefined

input?.form?.addEventListener('submit', async (event) => {
  event.preventDefault()
  // What is listed may still belong to fewer letters.
  clearTimeout(timer)
  await search(input.value.trim())
  results?.querySelector('a')?.click()
})
input?.addEventListener('input', () => {
  clearTimeout(timer)
  timer = setTimeout(() => void search(input.value.trim()), WAIT_MS)
})
document.addEventListener('keydown', ({ key, target }) => {
  if (key === 'Escape') show(undefined)
  const isTyping = target instanceof HTMLInputElement
  if (key === '/' && !isTyping) setTimeout(() => input?.focus())
})

async function search(query: string): Promise<void> {
  if (query === '') return show(undefined)
  index ??= loadIndex()
  try {
    const found = await index
    if (query !== input?.value.trim()) return
    const all = found.search(query)
    // Somebody who asks in whole sentences finds what has most of the words.
    const hits = all.length > 0 ? all : found.search(query, { combineWith: 'OR' })
    if (hits.length === 0) return show('Nothing was found.')
    const list = document.createElement('ol')
    for (const { id, title, page } of hits.slice(0, MAX_RESULTS))
      list.append(toItem(id, title, page))
    show(list)
  } catch {
    index = undefined
    show('The search could not be loaded.')
  }
}

async function loadIndex(): Promise<MiniSearch<SearchEntry>> {
  const response = await fetch(new URL(INDEX_FILE, root))
  if (!response.ok) throw new Error(`status ${response.status}`)
  return MiniSearch.loadJSON(await response.text(), INDEX_OPTIONS)
}

function toItem(id: string, title: string, page: string): HTMLElement {
  const link = document.createElement('a')
  link.href = new URL(id, root).href
  link.textContent = title
  const item = document.createElement('li')
  item.append(link, ...(page === title ? [] : [` in ${page}`]))
  return item
}

function show(content: HTMLElement | string | undefined): void {
  if (!results) return
  results.replaceChildren(...(content === undefined ? [] : [content]))
  results.hidden = content === undefined
}
