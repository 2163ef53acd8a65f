// What `holo doctor` says of one thing that it looked at.

export type Diagnosis = {
  readonly about: 'project' | 'site' | 'access'
  /** What was looked at, in a few words. */
  readonly check: string
  /** `warning`: it works, and could be better. `unknown`: it could not be looked at. */
  readonly state: 'fine' | 'warning' | 'wrong' | 'unknown'
  readonly message: string
  /** What to do about it. */
  readonly mend?: string
}

/** Makes the diagnoses of one part. */
export function diagnosesOf(about: Diagnosis['about']) {
  const say =
    (state: Diagnosis['state']) =>
    (check: string, message: string, mend?: string): Diagnosis => ({
      ...{ about, check, state, message },
      ...(mend === undefined ? {} : { mend }),
    })
  return {
    fine: say('fine'),
    warning: say('warning'),
    wrong: say('wrong'),
    unknown: say('unknown'),
  }
}
