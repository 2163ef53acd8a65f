// Pages from the network, and from the cache where there is none; what is hashed from the cache first.

import { clientsClaim } from 'workbox-core'
import { registerRoute } from 'workbox-routing'
import { CacheFirst, NetworkFirst } from 'workbox-strategies'

self.skipWaiting()
clientsClaim()
registerRoute(({ request }) => request.mode === 'navigate', new NetworkFirst())
registerRoute(({ url }) => url.pathname.startsWith('/assets/'), new CacheFirst())
