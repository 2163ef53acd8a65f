// Marks the shapes that only a reader of replies needs, so that the bundle of the Worker leaves them out.

/**
 * Makes a shape at once. With a `PURE` mark before the call, a bundler drops it where nobody uses the shape:
 * the Worker, which reads no replies, has none of them.
 */
export function forReaders<Shape>(make: () => Shape): Shape {
  return make()
}
