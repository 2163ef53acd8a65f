// Checks the redirects of a version against its files: whether a rewrite leads to a file, which files become
// unreachable, and which rules form a loop. Loops are found by following redirects with the resolver of the
// edge (core/site/redirects.ts). The edge itself also ignores rules that lead in a loop which is missed here.

import { toUrlPath } from '../core/path.ts'
import { encodeManifest } from '../core/site/encode-manifest.ts'
import { type Manifest, openManifest } from '../core/site/manifest.ts'
import type { ManifestConfig } from '../core/site/manifest-config.ts'
import { followRedirects, isTooLong, MAX_REDIRECTS } from '../core/site/redirects.ts'
import { compileMatch, type RedirectRule, toOtherSlash } from '../core/site/rules.ts'
import { isFixed, listPlaceholders } from '../core/site/rules-pattern.ts'
import type { ServedFile } from './addresses.ts'
import { toSample } from './messages.ts'
import { REDIRECTS_FILE, type RedirectsReading } from './redirects-file.ts'
import { type NumberedRule, toLineNotice, toLineProblem, toPatternPath } from './rule-lines.ts'

export type Redirects = {
  /** The rules that are followed, in their order. */
  readonly rules: readonly RedirectRule[]
  /** The page that a line such as `/* /200.html 200` names: a single-page app. */
  readonly appPage: string | undefined
  /** In the order of their lines. */
  readonly warnings: readonly string[]
}

type Site = {
  readonly files: readonly ServedFile[]
  readonly config: Pick<ManifestConfig, 'htmlHandling' | 'notFound'>
  readonly reading: RedirectsReading
  /** The setting of the publisher; `undefined` if it is detected from the files. */
  readonly wantedNotFound: ManifestConfig['notFound'] | undefined
}

type Rule = NumberedRule<RedirectRule>
type Warning = { readonly line: number; readonly text: string }

export function judgeRedirects(all: readonly Rule[], site: Site): Redirects {
  const warnings: Warning[] = []
  const refuse = (rule: Rule, reason: string) =>
    warnings.push({ line: rule.line, text: toLineProblem(REDIRECTS_FILE, rule, reason) })
  const notify = (rule: Rule, notice: string) =>
    warnings.push({ line: rule.line, text: toLineNotice(REDIRECTS_FILE, rule, notice) })

  let appPage: string | undefined
  const whole: Rule[] = []
  for (const rule of all) {
    const page = appPage === undefined ? findAppPage(rule.rule, site) : undefined
    const problem = page === undefined ? findProblem(rule.rule, site.files) : undefined
    if (page !== undefined && isOtherwise(site.wantedNotFound)) {
      refuse(rule, `"notFound" is set to ${site.wantedNotFound}`)
    } else if (page !== undefined) {
      appPage = page
      notify(rule, `makes this a single-page app: ${page} answers when no file matches`)
    } else if (problem !== undefined) refuse(rule, problem)
    else whole.push(rule)
  }

  const { followed, circles, passedOver } = leaveOutCircles(whole, site)
  for (const [rule, reason] of circles) refuse(rule, reason)
  for (const [rule, notice] of passedOver) notify(rule, notice)
  for (const rule of followed) {
    const hidden = findHidden(rule.rule, site.files)
    if (hidden !== undefined) notify(rule, `hides ${hidden}, as redirects come before files`)
  }
  return {
    rules: followed.map(({ rule }) => rule),
    appPage,
    warnings: warnings.sort((a, b) => a.line - b.line).map(({ text }) => text),
  }
}

/**
 * The page of a rule that shows one page at all other paths, which is how Netlify and others set up a
 * single-page app.
 */
function findAppPage(rule: RedirectRule, { files, reading }: Site): string | undefined {
  if (rule.from !== '/*' || rule.status !== 200) return undefined
  // With Netlify's `!` the rule hides all files, so it is not such a rule.
  if (reading === 'netlify' && !rule.afterFiles) return undefined
  return files.find((file) => isMeant(rule.to, file) && /\.html$/.test(file.path))?.path
}

function isOtherwise(wanted: ManifestConfig['notFound'] | undefined): boolean {
  return wanted !== undefined && wanted !== 'single-page-application'
}

/** Why a single rule cannot be followed, to continue after "because". */
function findProblem(rule: RedirectRule, files: readonly ServedFile[]): string | undefined {
  if (rule.status !== 200 || !isFixed(rule.to)) return undefined
  if (!files.some((file) => isMeant(rule.to, file))) return `there is no file at ${rule.to}`
  if (isFixed(rule.from)) return undefined
  // If files have precedence, as with Netlify, a rule like this sets up a single-page app and hides nothing.
  const hidden = findHidden(rule, files)
  return (
    hidden && `${hidden} would be answered with ${rule.to}; set "notFound" in holo.json instead`
  )
}

/** A sample of the files that a rule hides. */
function findHidden(rule: RedirectRule, files: readonly ServedFile[]): string | undefined {
  if (rule.afterFiles) return undefined
  const match = compileMatch(rule)
  const isShown = (file: ServedFile) =>
    rule.status === 200 && isFixed(rule.to) && isMeant(rule.to, file)
  const hidden = files.filter((file) => match(file.address) && !isShown(file))
  return hidden.length === 0 ? undefined : toSample(hidden.map(({ path }) => path))
}

/** Whether a path in a rule means this file, in any of its spellings. */
function isMeant(to: string, { path, address }: ServedFile): boolean {
  const wanted = toPatternPath(to)
  const name = wanted === undefined ? undefined : decode(wanted)
  if (name === undefined) return false
  const stem = name.replace(/(?:\/index)?\.html$|\/index$|\/$/, '')
  const isPage = address !== toUrlPath(path)
  return path === name || (isPage && (path === `${stem}.html` || path === `${stem}/index.html`))
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    // Escapes that are not UTF-8 cannot be the name of a file.
    return undefined
  }
}

/** Longer than any intended chain of redirects. A rule that makes paths longer and longer also reaches it. */
const MAX_FOLLOWED = 50
/** Each round leaves out at least one rule. The edge ignores rules in loops that remain after these rounds. */
const MAX_ROUNDS = 20
/** A limit for the time of publishing. The edge ignores rules in loops at all other files. */
const MAX_TRIED_FILES = 2_000
const FILLINGS = ['x', 'x/y', 'x/', 'index.html', '']
const MAX_SHOWN_HOPS = 3
const MAX_SHOWN_CHARACTERS = 60

type Hop = { readonly path: string; readonly rule: Rule | undefined; readonly to: string }
type Circle = {
  readonly hops: readonly Hop[]
  readonly kind: 'circle' | 'growing' | 'long'
}

function leaveOutCircles(all: readonly Rule[], site: Site) {
  const circles = new Map<Rule, string>()
  const passedOver = new Map<Rule, string>()
  let followed = all
  for (let round = 0; round < MAX_ROUNDS && followed.length > 0; round++) {
    const manifest = toManifest(followed, site)
    const found = findCircles(followed, site, manifest)
    const victims = new Set<Rule>()
    for (const circle of found.circles) {
      const rules = toRules(circle)
      if (rules.some((rule) => victims.has(rule))) continue
      const useless = rules.filter((rule) => !found.useful.has(rule))
      const victim = chooseVictim(useless, circle, site.files)
      if (!victim) continue
      victims.add(victim)
      circles.set(victim, toReason(circle, victim))
    }
    if (victims.size === 0) {
      for (const circle of found.circles) {
        const [last] = toRules(circle).sort((a, b) => b.line - a.line)
        if (!last || passedOver.has(last)) continue
        const path = circle.hops.find((hop) => hop.rule === last)?.path
        passedOver.set(last, `is ignored at ${path}, because ${toReason(circle, last)}`)
      }
      break
    }
    followed = followed.filter((rule) => !victims.has(rule))
  }
  return { followed, circles, passedOver }
}

/** All loops, each once, and the rules that lead to a final address for some path. */
function findCircles(rules: readonly Rule[], site: Site, manifest: Manifest) {
  const numbered = new Map(rules.map((rule) => [rule.rule, rule]))
  const useful = new Set<Rule>()
  const circles = new Map<string, Circle>()
  for (const path of listPaths(rules, site.files)) {
    const { hops, circle } = walkFrom(manifest, path, numbered)
    if (circle) {
      const key = circle.hops.map((hop) => hop.path).sort()
      circles.set(key.join(' '), circle)
    } else for (const { rule } of hops) if (rule) useful.add(rule)
  }
  return { circles: [...circles.values()], useful }
}

function walkFrom(
  manifest: Manifest,
  from: string,
  numbered: ReadonlyMap<RedirectRule, Rule>,
): { readonly hops: readonly Hop[]; readonly circle?: Circle } {
  const hops: Hop[] = []
  const seen = new Map<string, number>()
  for (const { path, rule, to } of followRedirects(manifest, from, MAX_FOLLOWED)) {
    const before = seen.get(path)
    if (before !== undefined) return { hops, circle: { hops: hops.slice(before), kind: 'circle' } }
    seen.set(path, hops.length)
    const hop = { path, rule: rule && numbered.get(rule), to: to ?? rule?.to ?? '' }
    hops.push(hop)
  }
  const isGrowing = hops.length === MAX_FOLLOWED || isTooLong(hops.at(-1)?.to)
  if (hops.length <= MAX_REDIRECTS && !isGrowing) return { hops }
  const first = hops.findIndex(({ rule }) => rule !== undefined)
  const kind = isGrowing ? 'growing' : 'long'
  return { hops, circle: { hops: hops.slice(first), kind } }
}

/** The paths with which rules are tried: sources of rules, and addresses of files that rules match. */
function listPaths(rules: readonly Rule[], files: readonly ServedFile[]): ReadonlySet<string> {
  const paths = new Set<string>()
  const patterns: RedirectRule[] = []
  for (const { rule } of rules) {
    if (isFixed(rule.from)) {
      paths.add(rule.from)
      if (rule.anySlash) paths.add(toOtherSlash(rule.from))
    } else {
      patterns.push(rule)
      for (const filling of FILLINGS) paths.add(fillPattern(rule.from, filling))
    }
  }
  if (patterns.length === 0) return paths
  const matches = patterns.map(compileMatch)
  for (const { path, address } of files.slice(0, MAX_TRIED_FILES)) {
    for (const one of [address, toUrlPath(path), toOtherSlash(address)]) {
      if (matches.some((match) => match(one))) paths.add(one)
    }
  }
  return paths
}

function fillPattern(pattern: string, splat: string): string {
  const names = listPlaceholders(pattern)
  const filled = names.reduce((text, name) => text.replace(`:${name}`, 'x'), pattern)
  return filled.replace('*', splat)
}

function toRules({ hops, kind }: Circle): Rule[] {
  const rules = hops.flatMap(({ rule }) => (rule ? [rule] : []))
  // In a chain that is only too long, leaving out its first redirect is enough.
  return kind === 'long' ? rules.slice(0, 1) : [...new Set(rules)]
}

/** The rule to leave out: one that hides a file, because the file is then reachable; otherwise the last one. */
function chooseVictim(
  rules: readonly Rule[],
  { hops }: Circle,
  files: readonly ServedFile[],
): Rule | undefined {
  const hiding = rules.find((rule) =>
    hops.some((hop) => hop.rule === rule && files.some(({ address }) => address === hop.path)),
  )
  return hiding ?? [...rules].sort((a, b) => b.line - a.line)[0]
}

/** The loop, hop by hop, starting at the rule; continues a sentence after "because". */
function toReason({ hops, kind }: Circle, victim: Rule): string {
  const at = Math.max(
    0,
    hops.findIndex(({ rule }) => rule === victim),
  )
  const turned = kind === 'circle' ? [...hops.slice(at), ...hops.slice(0, at)] : hops.slice(at)
  const shown = turned.slice(0, kind === 'circle' ? MAX_FOLLOWED : MAX_SHOWN_HOPS)
  const text = [turned[0]?.path, ...shown.map((hop) => toHopText(hop, victim))].join(' → ')
  if (kind === 'circle') return `it is part of a loop: ${text}`
  if (kind === 'growing') return `it redirects without end: ${text} → …`
  return `the chain has ${hops.length} redirects, and ${MAX_REDIRECTS} are allowed: ${text} → …`
}

function toHopText({ rule, to: whole }: Hop, victim: Rule): string {
  const to =
    whole.length > MAX_SHOWN_CHARACTERS ? `${whole.slice(0, MAX_SHOWN_CHARACTERS)}…` : whole
  if (rule === victim) return `${to} (this line)`
  return rule ? `${to} (line ${rule.line})` : `${to} (the address of the page)`
}

function toManifest(rules: readonly Rule[], { files, config }: Site): Manifest {
  const entries = files.map((file) => ({ ...file, encodings: [] }))
  const opened = openManifest(
    encodeManifest(entries, { ...config, redirects: rules.map(({ rule }) => rule) }),
  )
  if (!opened.ok) throw new TypeError(opened.error)
  return opened.value.withConfig({ ...config, redirects: rules.map(({ rule }) => rule) })
}
