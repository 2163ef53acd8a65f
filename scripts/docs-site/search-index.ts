// The index of the search, which is made when the site is built and read by the browser. Both use these options.

import type { Options } from 'minisearch'

export const INDEX_FILE = 'search.json'

export type SearchEntry = {
  readonly id: string
  readonly title: string
  /** The title of its page. */
  readonly page: string
  readonly text: string
}

export const INDEX_OPTIONS: Options<SearchEntry> = {
  fields: ['title', 'page', 'text'],
  storeFields: ['title', 'page'],
  searchOptions: {
    boost: { title: 6, page: 2 },
    prefix: (term) => term.length > 2,
    combineWith: 'AND',
  },
}
