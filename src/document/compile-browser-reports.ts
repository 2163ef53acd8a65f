// Compiles what browsers report: for each environment, with the document's own settings as defaults.

import type { BrowserReportsDocument } from './browser-reports.ts'

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
  all: BrowserReportsDocument | undefined,
  environments: Readonly<
    Record<string, { readonly browserReports?: BrowserReportsDocument | undefined }>
  >,
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
