// Entries of the audit log that were read page by page, newest first. Pure.

type NumberedRow = { readonly seq: number }

/** The newest page before what is known already; `undefined` where something lies between them. */
export function joinNewest<Row extends NumberedRow>(
  known: readonly Row[],
  newest: readonly Row[],
): readonly Row[] | undefined {
  const [first] = known
  const oldest = newest.at(-1)
  if (first === undefined || oldest === undefined || oldest.seq > first.seq + 1) return undefined
  return [...newest.filter(({ seq }) => seq > first.seq), ...known]
}
