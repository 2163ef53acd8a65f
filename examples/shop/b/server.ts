// The backend of release 0.0.5: a catalogue by SKU, prices with their currency, and a basket that
// the server keeps and that becomes an order at checkout. Baskets and orders live in memory.

import { serveShop } from '../shared/server/serve.ts'
import { openShelf } from '../shared/server/shelf.ts'
import { basketRoutes } from './baskets.ts'
import { catalogueRoutes } from './catalogue.ts'
import { RELEASE } from './release.ts'

const shelf = openShelf()

serveShop(RELEASE, [...catalogueRoutes(shelf), ...basketRoutes(shelf)])
