// What the tests use of the reference implementation of JsonLogic, which brings no types of its own.

declare module 'json-logic-js' {
  const jsonLogic: {
    readonly apply: (logic: unknown, data: unknown) => unknown
    readonly truthy: (value: unknown) => boolean
  }
  // biome-ignore lint/style/noDefaultExport: it has no other
  export default jsonLogic
}
