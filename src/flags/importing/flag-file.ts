// The shapes of an import: flags in flagd's format, and what the report says of each flag. Who merges
// them into the document decides about names that exist already.
//
// Format: https://flagd.dev/schema/v0/flags.json and https://flagd.dev/schema/v0/targeting.json
// (open-feature/flagd-schemas, json/).

/** JSONLogic with flagd's operators, as it stands in a file. */
export type FlagLogic =
  | null
  | boolean
  | number
  | string
  | readonly FlagLogic[]
  | { readonly [operator: string]: FlagLogic }

/** A flag in flagd's format. Where `defaultVariant` is null, the default in the caller's code counts. */
export type ImportedFlag = {
  readonly state: 'ENABLED' | 'DISABLED'
  readonly variants: Readonly<Record<string, unknown>>
  readonly defaultVariant?: string | null
  readonly targeting?: FlagLogic
  readonly metadata?: Readonly<Record<string, string | number | boolean>>
  /** Fields of Holo, which only an export of Holo has. */
  readonly [own: string]: unknown
}

/** A flag that answers as it did where it came from, for visitors dealt out anew as `dealtAnew` says. */
type KeptFlag = {
  readonly key: string
  readonly kept: true
  /** False if the import gives some visitors another variant: `dealtAnew` has the places. */
  readonly visitorsKeepVariants: boolean
  /** One sentence for each split whose visitors are dealt out anew, with the share that changes. */
  readonly dealtAnew: readonly string[]
  /** The attributes of the evaluation context that the flag reads, sorted. */
  readonly reads: readonly string[]
  /** What else the team should know. */
  readonly notes: readonly string[]
}

/** A flag that is left out, with every reason. */
type LeftOutFlag = {
  readonly key: string
  readonly kept: false
  readonly reasons: readonly string[]
}

export type FlagReport = KeptFlag | LeftOutFlag

/** The flags that are kept, the rules they share (`$evaluators`), and one report for each flag of the file. */
export type FlagImport = {
  readonly flags: Readonly<Record<string, ImportedFlag>>
  readonly evaluators: Readonly<Record<string, FlagLogic>>
  readonly report: readonly FlagReport[]
  /** Of all flags; files of flagd alone may have it. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}
