// Collects what is found while one flag is translated: reasons to leave it out, splits whose visitors
// are dealt out anew, attributes it reads. Translators go on after a reason, so that the report has all.

import type { FlagImport, FlagLogic, FlagReport, ImportedFlag } from './flag-file.ts'

export type FlagDraft = {
  readonly reasons: string[]
  readonly dealtAnew: string[]
  readonly notes: Set<string>
  readonly reads: Set<string>
  /** Shared rules that the flag refers to, by name. */
  readonly evaluators: Map<string, FlagLogic>
}

export function createDraft(): FlagDraft {
  return { reasons: [], dealtAnew: [], notes: new Set(), reads: new Set(), evaluators: new Map() }
}

/** Records why the flag cannot be kept whole. Its value stands where the rule would have stood. */
export function refuse(draft: FlagDraft, reason: string): false {
  draft.reasons.push(reason)
  return false
}

/** Adds what was found in a part to the whole, for parts that several flags share. */
export function addToDraft(draft: FlagDraft, part: FlagDraft): void {
  draft.reasons.push(...part.reasons)
  draft.dealtAnew.push(...part.dealtAnew)
  for (const note of part.notes) draft.notes.add(note)
  for (const name of part.reads) draft.reads.add(name)
  for (const [name, logic] of part.evaluators) draft.evaluators.set(name, logic)
}

/** One flag of the file, translated; without `flag` it is left out for the reasons of the draft. */
export type Translated = {
  readonly key: string
  readonly draft: FlagDraft
  readonly flag?: ImportedFlag | undefined
}

/** Keeps the flags without a reason against them, and the shared rules that they use. */
export function toFlagImport(translated: readonly Translated[]): FlagImport {
  const flags: [string, ImportedFlag][] = []
  const evaluators = new Map<string, FlagLogic>()
  const report = translated.map(({ key, draft, flag }): FlagReport => {
    const reasons = [...new Set(draft.reasons)]
    if (!flag || reasons.length > 0) return { key, kept: false, reasons }
    flags.push([key, flag])
    for (const [name, logic] of draft.evaluators) evaluators.set(name, logic)
    const dealtAnew = [...new Set(draft.dealtAnew)]
    return {
      key,
      kept: true,
      visitorsKeepVariants: dealtAnew.length === 0,
      dealtAnew,
      reads: [...draft.reads].sort(),
      notes: [...draft.notes],
    }
  })
  return {
    flags: Object.fromEntries(flags),
    evaluators: Object.fromEntries(evaluators),
    report,
  }
}
