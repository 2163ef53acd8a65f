// Reports each rule in the settings of other hosts (vercel.json, netlify.toml, firebase.json and
// staticwebapp.config.json) and what to do instead, because Holo follows none of them.
// foreign-settings.ts finds the files.

import { compileGlob } from '../core/glob.ts'
import { HEADERS_FILE } from './headers-file.ts'
import { toSample } from './messages.ts'
import { REDIRECTS_FILE } from './redirects-file.ts'
import { toProtectionWarning } from './rule-lines.ts'

export const FOREIGN_FILES = [
  'vercel.json',
  'netlify.toml',
  'firebase.json',
  'staticwebapp.config.json',
] as const
export type ForeignFile = (typeof FOREIGN_FILES)[number]

/** Collects one sentence for each rule of a file: rules that restricted access, and all others. */
export class ForeignReport {
  readonly protections: string[] = []
  readonly others: string[] = []
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** @param place As in `redirects[0]`; empty for the file itself. */
  add(place: string, what: string): void {
    this.others.push(`${this.#file}${place && ` ${place}`} ${what}`)
  }

  protect(place: string, did: string, pattern: string): void {
    this.protections.push(toProtectionWarning(`${this.#file} ${place}`, did, pattern))
  }
}

export type Fields = Readonly<Record<string, unknown>>
type Read = (settings: Fields, report: ForeignReport, paths: readonly string[]) => void

/** The function that reports the rules of each file. */
export const READERS: Readonly<Record<ForeignFile, Read>> = {
  'vercel.json': readVercel,
  'netlify.toml': readNetlify,
  'firebase.json': readFirebase,
  'staticwebapp.config.json': readStaticWebApp,
}

function readVercel(settings: Fields, report: ForeignReport): void {
  for (const [i, rule] of itemsOf(settings.redirects)) {
    const status = rule.statusCode ?? (rule.permanent === false ? 307 : 308)
    const place = `redirects[${i}]`
    if (isAboutVisitors(rule))
      report.protect(place, 'asked for a cookie or a header', text(rule.source))
    reportRedirect(report, place, text(rule.source), text(rule.destination), status)
  }
  const { rewrites } = settings
  // `rewrites` may also be an object with lists of rules that apply before and after files.
  const turns = Array.isArray(rewrites) ? { rewrites } : fieldsOf(rewrites)
  for (const [turn, rules] of Object.entries(turns)) {
    for (const [i, rule] of itemsOf(rules)) {
      reportRewrite(report, `${turn}[${i}]`, text(rule.source), text(rule.destination))
    }
  }
  for (const [i, rule] of itemsOf(settings.headers)) {
    reportHeaders(report, `headers[${i}]`, text(rule.source))
  }
  for (const [i, rule] of itemsOf(settings.routes)) {
    const place = `routes[${i}]`
    const isClosed = [401, 403].includes(Number(rule.status)) || rule.mitigate !== undefined
    if (isClosed || isAboutVisitors(rule)) report.protect(place, 'kept people out', text(rule.src))
    else if (isClosedStatus(rule.status)) report.add(place, `(${text(rule.src)}) is not followed`)
    else if (rule.dest === undefined) reportHeaders(report, place, text(rule.src))
    else reportRewrite(report, place, text(rule.src), text(rule.dest))
  }
  for (const name of ['passwordProtection', 'ssoProtection', 'trustedIps', 'firewall']) {
    if (settings[name]) report.protect(name, 'kept people out', 'every page')
  }
  reportSlashes(settings, report)
  reportCode(settings, report, ['functions', 'crons', 'builds'])
}

/** Whether a rule checks a cookie or a header, and so may have restricted access. */
function isAboutVisitors({ has, missing }: Fields): boolean {
  return [...itemsOf(has), ...itemsOf(missing)].some(
    ([, { type, key }]) =>
      type === 'cookie' || (type === 'header' && /authorization|cookie|token/i.test(text(key))),
  )
}

function readNetlify(settings: Fields, report: ForeignReport): void {
  for (const [i, rule] of itemsOf(settings.redirects)) {
    const place = `[[redirects]] ${i + 1}`
    const [from, to] = [text(rule.from), text(rule.to)]
    const { Role: role, ...conditions } = fieldsOf(rule.conditions)
    if (role !== undefined) report.protect(place, 'asked for a role', from)
    else if (isClosedStatus(rule.status)) {
      // Without `force` a file comes first, so that the rule is only about pages that do not exist.
      if (rule.force === true) report.protect(place, `answered ${rule.status}`, from)
      else
        report.add(place, `(${from}) is not followed: for pages that do not exist, add a 404.html`)
    } else if (Object.keys(conditions).length > 0 || Object.keys(fieldsOf(rule.query)).length > 0) {
      report.add(place, `(${from}) is not followed: Holo has no conditions in redirects; see rules`)
    } else if (Number(rule.status) === 200) reportRewrite(report, place, from, to)
    else reportRedirect(report, place, from, to, rule.status ?? 301)
  }
  for (const [i, rule] of itemsOf(settings.headers)) {
    const place = `[[headers]] ${i + 1}`
    const names = Object.keys(fieldsOf(rule.values))
    if (names.some((name) => /^basic-auth$/i.test(name))) {
      report.protect(place, 'asked for a password', text(rule.for))
    }
    reportHeaders(report, place, text(rule.for))
  }
  for (const [i, rule] of itemsOf(settings.edge_functions)) {
    const what = `is not run (${text(rule.path)}): if it checked who visitors are, nothing does now`
    report.add(`[[edge_functions]] ${i + 1}`, what)
  }
  reportCode(settings, report, ['functions'])
}

function readFirebase(settings: Fields, report: ForeignReport, paths: readonly string[]): void {
  const { hosting } = settings
  const sites = Array.isArray(hosting) ? itemsOf(hosting) : ([[0, fieldsOf(hosting)]] as const)
  for (const [n, site] of sites) {
    const above = Array.isArray(hosting) ? `hosting[${n}].` : 'hosting.'
    for (const [i, rule] of itemsOf(site.redirects)) {
      const from = text(rule.source ?? rule.glob ?? rule.regex)
      reportRedirect(
        report,
        `${above}redirects[${i}]`,
        from,
        text(rule.destination),
        rule.type ?? 301,
      )
    }
    for (const [i, rule] of itemsOf(site.rewrites)) {
      const from = text(rule.source ?? rule.glob ?? rule.regex)
      reportRewrite(report, `${above}rewrites[${i}]`, from, text(rule.destination))
    }
    for (const [i, rule] of itemsOf(site.headers)) {
      reportHeaders(report, `${above}headers[${i}]`, text(rule.source ?? rule.glob ?? rule.regex))
    }
    const ignored = (Array.isArray(site.ignore) ? site.ignore : []).filter(
      (glob): glob is string => typeof glob === 'string' && glob.length <= 200,
    )
    const tests = ignored.map((glob) => compileGlob(glob.replace(/^\/|^\*\*\//, '')))
    const shown = paths.filter((path) => {
      const segments = path.slice(1).split('/')
      return tests.some((test) => segments.some((_, i) => test(segments.slice(i).join('/'))))
    })
    if (shown.length > 0) {
      report.protect(`${above}ignore`, 'left files out', toSample(shown))
    }
    reportSlashes(site, report)
    if (site.i18n !== undefined) report.add(`${above}i18n`, 'is not followed')
  }
}

function readStaticWebApp(settings: Fields, report: ForeignReport): void {
  for (const [i, rule] of itemsOf(settings.routes)) {
    const place = `routes[${i}]`
    const from = text(rule.route)
    const roles = Array.isArray(rule.allowedRoles) ? rule.allowedRoles.map(String) : undefined
    if (roles && !roles.includes('anonymous')) {
      report.protect(place, `asked for the role ${roles.join(' or ')}`, from)
    }
    if (isClosedStatus(rule.statusCode)) report.protect(place, `answered ${rule.statusCode}`, from)
    if (rule.redirect !== undefined) {
      reportRedirect(report, place, from, text(rule.redirect), rule.statusCode ?? 302)
    }
    if (rule.rewrite !== undefined) reportRewrite(report, place, from, text(rule.rewrite))
    if (rule.headers !== undefined) reportHeaders(report, place, from)
  }
  const { navigationFallback, networking, auth, responseOverrides, globalHeaders } = settings
  if (fieldsOf(networking).allowedIpRanges !== undefined) {
    report.protect('networking.allowedIpRanges', 'let in some addresses only', 'every page')
  }
  if (auth !== undefined) report.add('auth', 'is not followed: Holo has no sign-in')
  if (navigationFallback !== undefined) {
    const page = text(fieldsOf(navigationFallback).rewrite)
    report.add(
      'navigationFallback',
      `is not read: for a single-page app with ${page} set "notFound": "single-page-application" and "appPage": "${page}" in holo.json`,
    )
  }
  for (const [status] of Object.entries(fieldsOf(responseOverrides))) {
    const instead = status === '404' ? ': name the page 404.html instead' : ''
    report.add(`responseOverrides.${status}`, `is not followed${instead}`)
  }
  if (globalHeaders !== undefined) reportHeaders(report, 'globalHeaders', '/*')
  if (settings.mimeTypes !== undefined) {
    report.add('mimeTypes', `is not followed: set Content-Type in ${HEADERS_FILE}`)
  }
  if (settings.trailingSlash !== undefined) reportSlashes(settings, report)
}

function reportRedirect(
  report: ForeignReport,
  place: string,
  from: string,
  to: string,
  status: unknown,
): void {
  const line = `${from} ${to} ${Number.parseInt(text(status), 10) || 302}`
  const isSimple = isPlain(from) && isPlain(to)
  const how = isSimple
    ? `write "${line}" into ${REDIRECTS_FILE}`
    : `write it into ${REDIRECTS_FILE}`
  report.add(place, `(${from} to ${to}) is not followed: ${how}`)
}

function reportRewrite(report: ForeignReport, place: string, from: string, to: string): void {
  const isElsewhere = to === '' || /^https?:|^\/?(?:\.netlify|api)\//.test(to)
  const isEverything = /^(?:\/\*|\*\*|\/\(\.\*\)|\/:path\*|\/\(\.\*\)\*)$/.test(from)
  const how = isElsewhere
    ? 'a backend is a service of the version (--service)'
    : isEverything
      ? `for a single-page app set "notFound": "single-page-application" in holo.json`
      : `write "${from} ${to} 200" into ${REDIRECTS_FILE}`
  report.add(place, `(${from}${to && ` to ${to}`}) is not followed: ${how}`)
}

function reportHeaders(report: ForeignReport, place: string, pattern: string): void {
  report.add(place, `(${pattern}) is not followed: write its headers into ${HEADERS_FILE}`)
}

function reportSlashes({ cleanUrls, trailingSlash }: Fields, report: ForeignReport): void {
  const named = [
    ...(cleanUrls === undefined ? [] : ['cleanUrls']),
    ...(trailingSlash === undefined ? [] : ['trailingSlash']),
  ]
  for (const name of named) report.add(name, 'is not read: set "htmlHandling" in holo.json')
}

function reportCode(settings: Fields, report: ForeignReport, names: readonly string[]): void {
  for (const name of names) {
    if (settings[name] !== undefined) {
      report.add(name, 'is not run: a backend is a service of the version (--service)')
    }
  }
}

/** Whether the status refused access or hid a page. */
function isClosedStatus(status: unknown): boolean {
  return [401, 403, 404, 410].includes(Number(status))
}

function isPlain(path: string): boolean {
  return /^(?:https:\/\/[\w.-]+)?\/[\w\-./~%]*(?:\*|:\w+)?$/.test(path)
}

function itemsOf(value: unknown): (readonly [index: number, rule: Fields])[] {
  return (Array.isArray(value) ? value : []).map((item, i) => [i, fieldsOf(item)] as const)
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value)
}
