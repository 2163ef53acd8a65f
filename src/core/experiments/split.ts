// Where the targeting of a flag splits visitors by `fractional`, and such a split replaced by something else.

/** The arguments of each `fractional` whose result is the flag's. */
export function findSplit(node: unknown): readonly unknown[] {
  const found: unknown[] = []
  mapResults(node, (args) => {
    found.push(args)
    return null
  })
  return found
}

/** The targeting with one variant for everybody who had one from the split. */
export function replaceSplit(targeting: unknown, variant: string): Record<string, unknown> {
  const replaced = mapResults(targeting, () => variant)
  return (replaced === variant ? { if: [true, variant] } : replaced) as Record<string, unknown>
}

/** The targeting with other arguments of each `fractional` whose result is the flag's. */
export function changeSplit(
  targeting: unknown,
  change: (args: unknown) => unknown,
): Record<string, unknown> {
  return mapResults(targeting, (args) => ({ fractional: change(args) })) as Record<string, unknown>
}

/** A copy with other values in the places of `fractional` that give the variant. */
function mapResults(node: unknown, replace: (args: unknown) => unknown): unknown {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return node
  const [[name, written] = ['', undefined]] = Object.entries(node)
  if (name === 'fractional') return replace(written)
  if ((name !== 'if' && name !== '?:') || !Array.isArray(written)) return node
  const parts = written.map((part: unknown, i) => {
    const isResult = i % 2 === 1 || (i === written.length - 1 && i > 0)
    return isResult ? mapResults(part, replace) : part
  })
  return { [name]: parts }
}
