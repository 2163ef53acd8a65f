// Prometheus's own parser of OpenMetrics, from its Python client: what reads a target's metrics in
// earnest, beside the parser of these tests.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PACKAGE = 'prometheus-client==0.26.0'
const FOLDER = fileURLToPath(
  new URL('../../node_modules/.cache/prometheus-client', import.meta.url),
)
const INSTALL_TIMEOUT_MS = 60_000

const READ = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read
print(json.dumps([[f.name, f.type, f.unit, [[s.name, s.labels, s.value] for s in f.samples]] for f in read(sys.stdin.read())]))
`

/** As [name, type, unit, [sample, labels, value][]]. */
export type PrometheusFamily = [string, string, string, [string, Record<string, string>, number][]]

/** Installs the parser below node_modules where it is not yet. `undefined`: no Python, or no registry. */
export function loadPrometheusParser(): ((text: string) => PrometheusFamily[]) | undefined {
  if (!existsSync(`${FOLDER}/prometheus_client/openmetrics/parser.py`)) {
    const pip = ['-m', 'pip', 'install', '--no-deps', '--retries', '1', '--target', FOLDER, PACKAGE]
    const { status } = spawnSync('python3', pip, { stdio: 'ignore', timeout: INSTALL_TIMEOUT_MS })
    if (status !== 0) return undefined
  }
  return (text) => {
    const { status, stdout, stderr } = spawnSync('python3', ['-c', READ], {
      input: text,
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: FOLDER },
    })
    if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1))
    return JSON.parse(stdout)
  }
}
