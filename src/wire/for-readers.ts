// Marks the schemas that only clients of the API use, so that the bundle of the Worker leaves them out.

/**
 * Calls `make` and returns its result. With a `PURE` comment before the call, a bundler removes the call if
 * the schema is not used. The Worker reads no replies, so its bundle has none of these schemas.
 */
export function forReaders<Shape>(make: () => Shape): Shape {
  return make()
}
