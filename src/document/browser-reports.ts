// What browsers report, as the document sets it: for all environments, and field by field for one.

import * as z from 'zod'

export const browserReports = z
  .strictObject({
    script: z.boolean().optional(),
    sample: z
      .number()
      .gt(0, 'a sample is a share above 0, at most 1')
      .max(1, 'a sample is a share above 0, at most 1')
      .optional(),
    reportingApi: z.boolean().optional(),
  })
  .describe('What browsers report to Holo; nothing if left out')

type Setting = z.infer<typeof browserReports>

/** What the browsers of one environment report. */
export type BrowserReports = {
  /** Whether pages get the script that reports errors and web vitals. */
  readonly script: boolean
  /** The share of the visitors whose browsers report. */
  readonly sample: number
  /** Whether pages name where browsers send reports by themselves. */
  readonly reportingApi: boolean
}

export type CompiledBrowserReports = {
  /** By the environment's name; only those whose browsers report anything. */
  readonly of: ReadonlyMap<string, BrowserReports>
  /**
   * The share of the visitors whose reports the judge gets: the smallest of all environments that have
   * traffic, because otherwise more visitors of one version than of another could meet something.
   */
  readonly judgedSample: number
}

/** @param served the names of the environments that have traffic. */
export function compileBrowserReports(
  all: Setting | undefined,
  environments: Readonly<Record<string, { readonly browserReports?: Setting | undefined }>>,
  served: ReadonlySet<string>,
): CompiledBrowserReports {
  const of = new Map<string, BrowserReports>()
  for (const [name, { browserReports: own }] of Object.entries(environments)) {
    const { script = false, sample = 1, reportingApi = false } = { ...all, ...own }
    if (script || reportingApi) of.set(name, { script, sample, reportingApi })
  }
  const samples = [...served].map((name) => {
    const known = of.get(name)
    return known?.script ? known.sample : 0
  })
  return { of, judgedSample: Math.min(...samples) }
}
