// The backend of release 0.0.6: that of 0.0.5 under another number, with a memory of its own.

import { basketRoutes } from '../b/baskets.ts'
import { catalogueRoutes } from '../b/catalogue.ts'
import { serveShop } from '../shared/server/serve.ts'
import { openShelf } from '../shared/server/shelf.ts'
import { RELEASE } from './release.ts'

const shelf = openShelf()

serveShop(RELEASE, [...catalogueRoutes(shelf), ...basketRoutes(shelf)])
