// `npm run docs`: builds the docs site into dist/docs.

import { buildDocsSite } from './docs-site/build.ts'

const { pages } = await buildDocsSite('dist/docs')
console.log(
  `${pages} pages are in dist/docs: publish the folder, or open it with any server for files`,
)
