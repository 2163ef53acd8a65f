// Reads OpenMetrics text as strictly as the specification asks for (version 1.0): what it cannot read is
// an error. https://prometheus.io/docs/specs/om/open_metrics_spec/

export type Family = {
  readonly name: string
  type: string
  unit?: string
  help?: string
  readonly samples: Sample[]
}
export type Sample = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const DESCRIPTOR = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  gauge: [''],
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_count', '_sum', '_created'],
}

/** @throws Error with the line that is no OpenMetrics. */
export function parseOpenMetrics(text: string): readonly Family[] {
  if (!text.endsWith('\n# EOF\n')) throw new Error('the text has to end with "# EOF"')
  const lines = text.split('\n').slice(0, -2)
  const families: Family[] = []
  const seen = new Set<string>()
  for (const line of lines) {
    const fail = (why: string) => new Error(`${why}: ${line}`)
    const [, keyword, named = '', rest = ''] = DESCRIPTOR.exec(line) ?? []
    let family = families.at(-1)
    if (keyword) {
      if (!NAME.test(named)) throw fail('no name')
      if (family?.name !== named) {
        if (families.some(({ name }) => name === named)) throw fail('families must not interleave')
        family = { name: named, type: 'unknown', samples: [] }
        families.push(family)
      }
      if (family.samples.length > 0) throw fail('metadata come before samples')
      if (keyword === 'TYPE' && !(rest in SUFFIXES)) throw fail('no type')
      if (keyword === 'UNIT' && !named.endsWith(`_${rest}`)) throw fail('the unit is no suffix')
      Object.assign(family, { [keyword.toLowerCase()]: rest })
      continue
    }
    const [, name = '', pairs = '', number = ''] = SAMPLE.exec(line) ?? []
    if (!family || !name.startsWith(family.name)) throw fail('no sample of this family')
    if (!SUFFIXES[family.type]?.includes(name.slice(family.name.length))) throw fail('no suffix')
    const labels = parseLabels(pairs, fail)
    const value = Number(number)
    if (!Number.isFinite(value) || value < 0) throw fail('no value')
    if (seen.has(`${name}{${pairs}}`)) throw fail('twice')
    seen.add(`${name}{${pairs}}`)
    family.samples.push({ name, labels, value })
  }
  for (const family of families) if (family.type === 'histogram') checkHistogram(family)
  return families
}

function parseLabels(text: string, fail: (why: string) => Error): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const [, name, value] = LABEL.exec(text) ?? []
    if (name === undefined || value === undefined) throw fail('no label')
    if (Object.hasOwn(labels, name)) throw fail('a label twice')
    const escapes: Record<string, string> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' }
    labels[name] = value.replace(/\\[\\"n]/g, (escaped) => escapes[escaped] ?? escaped)
  }
  return labels
}

/** Buckets grow and end with +Inf. That is the count, which is there if and only if a sum is. */
function checkHistogram({ name, samples }: Family): void {
  const keyOf = ({ labels: { le: _, ...labels } }: Sample) => JSON.stringify(labels)
  for (const [key, group] of Map.groupBy(samples, keyOf)) {
    const buckets = group.filter((sample) => sample.name.endsWith('_bucket'))
    const edges = buckets.map(({ labels }) => labels.le ?? '')
    if (edges.at(-1) !== '+Inf' || edges.slice(0, -1).some((le) => !/^\d+\.\d+$/.test(le))) {
      throw new Error(`${name}${key}: edges are ${edges}`)
    }
    const values = buckets.map(({ value }) => value)
    const isGrowing = values.every((value, i) => value >= (values[i - 1] ?? 0))
    const has = (end: string) => group.find((sample) => sample.name === name + end)
    const count = has('_count')?.value
    const isCounted = has('_sum') ? count === values.at(-1) : count === undefined
    if (!isGrowing || !isCounted) throw new Error(`${name}${key}: buckets are ${values}`)
  }
}
