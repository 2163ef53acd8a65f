// Formats the results for people: what was compared, median, minimum and maximum, and whether an aim was met.

import { toTable } from '../../src/cli/table.ts'
import type { Comparison, Latency, Operations, Results, Spread, Timing, Unit } from './results.ts'

const UNITS: readonly Unit[] = ['replies', 'MB', 'messages', 'starts']

const AIM_BY = { rate: '', cpu: ' by CPU', both: ' by both' } as const

export function formatResults(results: Results): string {
  const { machine, effort, comparisons, timings, operations, latencies } = results
  const { before, after } = machine.load
  return [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; median (min to max) of ${effort.rounds} rounds`,
    `load average ${formatNumber(before, 1)} before, ${formatNumber(after, 1)} after`,
    ...UNITS.map((unit) =>
      formatTable([
        [`${unit} per second`, 'Holo', 'the other', 'ratio', 'ratio by CPU', 'aim'],
        ...comparisons.filter((comparison) => comparison.unit === unit).map(toComparisonRow),
      ]),
    ),
    formatTable([['one call', 'ns', 'aim'], ...timings.map(toTimingRow)]),
    formatTable([
      ['milliseconds for a visitor', 'with it', 'without', 'ratio', 'aim'],
      ...latencies.flatMap(toLatencyRows),
    ]),
    formatTable([
      ['operations', 'requests', 'KV', 'R2', 'control', 'cache gets', 'cache puts', 'aim'],
      ...operations.map(toOperationsRow),
    ]),
  ].join('\n\n')
}

function toComparisonRow({ name, ours, theirs, ratio, cpu, aim }: Comparison): string[] {
  return [
    `${name}: ${ours.name} / ${theirs.name}`,
    formatSpread(ours.perSecond, 0),
    formatSpread(theirs.perSecond, 0),
    formatSpread(ratio, 2),
    cpu ? formatSpread(cpu.ratio, 2) : '',
    aim ? `${aim.met ? 'met' : 'missed'}: at least ${aim.atLeast}${AIM_BY[aim.by]}` : '',
  ]
}

function toLatencyRows({ name, ...percentiles }: Latency): string[][] {
  return (['p50', 'p99'] as const).map((which) => {
    const { ours, theirs, ratio, aim } = percentiles[which]
    return [
      `${name}, ${which}`,
      formatSpread(ours, 2),
      formatSpread(theirs, 2),
      formatSpread(ratio, 2),
      aim ? `${aim.met ? 'met' : 'missed'}: at most ${formatNumber(aim.atMost, 2)}, the noise` : '',
    ]
  })
}

function toTimingRow({ name, ns, aim }: Timing): string[] {
  return [
    name,
    formatSpread(ns, 0),
    aim ? `${aim.met ? 'met' : 'missed'}: at most ${formatNumber(aim.atMost, 0)}` : '',
  ]
}

function toOperationsRow(row: Operations): string[] {
  const counts = [row.requests, row.kv, row.r2, row.control, row.cacheGets, row.cachePuts]
  return [
    row.name,
    ...counts.map((count) => formatNumber(count, 0)),
    row.aim
      ? `${row.aim.met ? 'met' : 'missed'}: KV, R2 and control at most ${row.aim.atMost}`
      : '',
  ]
}

export function formatSpread({ median, min, max }: Spread, digits: number): string {
  return `${formatNumber(median, digits)} (${formatNumber(min, digits)} to ${formatNumber(max, digits)})`
}

function formatNumber(value: number, digits: number): string {
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

/** Formats a table whose first row is the head. */
export function formatTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  return toTable(head, rows, undefined).join('\n')
}
