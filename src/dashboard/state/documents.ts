// Comparing two documents: the shares of environments, and every field that differs. Pure.

/** The document as far as the page reads it; everything else is compared as it is. */
export type ReadDocument = {
  readonly environments: Readonly<
    Record<string, { readonly version: string; readonly shadow?: unknown }>
  >
  readonly traffic: Readonly<Record<string, number | readonly (readonly [number, number])[]>>
  readonly rules?: readonly unknown[]
} & Readonly<Record<string, unknown>>

const ALL_BUCKETS = 10_000

type Range = { readonly name: string; readonly from: number; readonly to: number }

/** Which buckets belong to which environment, in order, however the document writes it. */
function toRanges({ traffic }: ReadDocument): readonly Range[] {
  let at = 0
  const ranges = Object.entries(traffic).flatMap(([name, share]): Range[] => {
    if (typeof share !== 'number') return share.map(([from, to]) => ({ name, from, to }))
    const from = at
    at += Math.round((share * ALL_BUCKETS) / 100)
    return [{ name, from, to: at }]
  })
  const joined: Range[] = []
  for (const range of ranges.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last && last.name === range.name && last.to === range.from) {
      joined[joined.length - 1] = { ...last, to: range.to }
    } else joined.push(range)
  }
  return joined
}

/** Percent of the visitors by environment; those without traffic have 0. */
export function toShares(document: ReadDocument): ReadonlyMap<string, number> {
  const shares = new Map(Object.keys(document.environments).map((name) => [name, 0]))
  for (const { name, from, to } of toRanges(document)) {
    shares.set(name, (shares.get(name) ?? 0) + ((to - from) * 100) / ALL_BUCKETS)
  }
  return shares
}

/** Whether some visitor may get something else. No visitor gets anything of a shadow. */
export function isNoticed(one: ReadDocument, other: ReadDocument): boolean {
  const toNoticed = (document: ReadDocument) =>
    JSON.stringify([
      Object.entries(document.environments).map(([name, { shadow: _, ...of }]) => [name, of]),
      toRanges(document),
      document.rules ?? [],
      document.flags ?? {},
    ])
  return toNoticed(one) !== toNoticed(other)
}

export type EnvironmentChange = {
  readonly name: string
  readonly before: { readonly version: string; readonly percent: number } | undefined
  readonly after: { readonly version: string; readonly percent: number } | undefined
  readonly isChanged: boolean
}

/** Every environment of either document, with what it is before and after. */
export function compareEnvironments(
  before: ReadDocument,
  after: ReadDocument,
): readonly EnvironmentChange[] {
  const [were, are] = [toShares(before), toShares(after)]
  const at = (document: ReadDocument, shares: ReadonlyMap<string, number>, name: string) => {
    const environment = document.environments[name]
    return environment && { version: environment.version, percent: shares.get(name) ?? 0 }
  }
  const names = new Set([...Object.keys(before.environments), ...Object.keys(after.environments)])
  return [...names].map((name) => {
    const [was, is] = [at(before, were, name), at(after, are, name)]
    return { name, before: was, after: is, isChanged: JSON.stringify(was) !== JSON.stringify(is) }
  })
}

/** A field that differs; `undefined` where one of the two has no such field. */
export type FieldDifference = {
  readonly path: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Fields that every revision changes. */
const OF_EVERY_REVISION = new Set(['revision', 'audit'])

/** Everything that differs but for the number of the revision, in the order of the documents. */
export function listFieldDifferences(before: unknown, after: unknown): readonly FieldDifference[] {
  return compareFields('', before, after)
}

function compareFields(path: string, before: unknown, after: unknown): FieldDifference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  if (isTable(before) && isTable(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...names]
      .filter((name) => path !== '' || !OF_EVERY_REVISION.has(name))
      .flatMap((name) =>
        compareFields(path === '' ? name : `${path}.${name}`, before[name], after[name]),
      )
  }
  return [{ path, before: toText(before), after: toText(after) }]
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toText(value: unknown): string | undefined {
  if (value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}
