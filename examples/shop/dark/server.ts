// The backend of release 0.0.5 written anew. It is there to be tried as a shadow, before any visitor gets its answers.

import { basketRoutes } from '../b/baskets.ts'
import { serveShop } from '../shared/server/serve.ts'
import { openShelf } from '../shared/server/shelf.ts'
import { darkCatalogueRoutes } from './catalogue.ts'

const RELEASE = '0.0.5-dark'

const shelf = openShelf()

serveShop(RELEASE, [...darkCatalogueRoutes(shelf), ...basketRoutes(shelf)])
