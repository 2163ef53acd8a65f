// The data centre's cache: the platform's default one, or one of its own where several Holos would
// share that.

export type ColoCache = Pick<Cache, 'match' | 'put'>

export function toColoCache(name: string | undefined): ColoCache {
  if (name === undefined) return caches.default
  return {
    match: async (...args) => (await caches.open(name)).match(...args),
    put: async (...args) => (await caches.open(name)).put(...args),
  }
}
