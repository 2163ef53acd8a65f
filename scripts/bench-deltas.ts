// What a visitor downloads after a release who has the release before, with and without deltas: two releases each
// of three apps from npm, as `holo publish` prepares them. docs/bench.md has the figures.

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { toSize } from '../src/core/amounts.ts'
import { type Manifest, openManifest } from '../src/core/site/manifest.ts'
import { type DeltaEncoding, isDelta, type ManifestEntry } from '../src/core/site/manifest-entry.ts'
import { prepareVersion } from '../src/publish/prepare.ts'

/** Apps whose packages have the built site, with hashed names. */
const APPS = [
  { name: '@vitest/ui', releases: ['5.1.1', '5.1.2'], folder: 'dist/client' },
  { name: 'zigbee2mqtt-windfront', releases: ['2.11.1', '2.15.0'], folder: 'dist' },
  { name: 'homebridge-config-ui-x', releases: ['5.9.0', '5.10.0'], folder: 'public' },
] as const

const DOWNLOAD_TIMEOUT_MS = 120_000

const run = promisify(execFile)

type Prepared = {
  readonly manifest: Manifest
  /** The bytes of a blob that the folder has. */
  readonly load: (sha256: string) => Promise<Uint8Array | undefined>
}

/** Downloads a release with npm, and returns the folder of its package. */
async function download(name: string, release: string, folder: string): Promise<string> {
  const target = await mkdtemp(join(folder, 'package-'))
  const options = { cwd: target, timeout: DOWNLOAD_TIMEOUT_MS }
  const packed = await run('npm', ['pack', `${name}@${release}`, '--silent'], options)
  await run('tar', ['-xzf', packed.stdout.trim()], options)
  return join(target, 'package')
}

/** @param encodedFolder holds the blobs that are loaded later. The caller removes it. */
async function prepare(
  folder: string,
  id: string,
  encodedFolder: string,
  earlier?: Prepared,
): Promise<Prepared> {
  const retained = earlier ? [{ id: 'earlier', manifest: earlier.manifest }] : []
  const options = { folder, id, services: [], retained, encodedFolder, allow: ['/**'] }
  const loading = earlier && { loadBlob: earlier.load }
  const { signal } = new AbortController()
  const prepared = await prepareVersion({ ...options, ...loading }, () => {}, signal)
  const opened = openManifest(prepared.manifestBytes)
  if (!opened.ok) throw new Error(opened.error)
  const load = async (sha256: string) => {
    const file = prepared.files.get(sha256)
    return file === undefined ? undefined : readFile(file)
  }
  return { manifest: opened.value, load }
}

const toPlainSize = ({ size, encodings }: ManifestEntry) =>
  Math.min(size, ...encodings.filter((form) => !isDelta(form)).map((form) => form.size))

/** What a client downloads that has the dictionary and takes these codings besides the plain ones. */
const toDeltaSize = (entry: ManifestEntry, codings: readonly DeltaEncoding[]) =>
  Math.min(
    toPlainSize(entry),
    ...entry.encodings
      .filter((form) => isDelta(form) && codings.includes(form.encoding))
      .map((form) => form.size),
  )

/** The scripts and styles with hashed names that the release before does not have. */
function listChanged(earlier: Manifest, later: Manifest): ManifestEntry[] {
  const isCode = ({ path }: ManifestEntry) => /\.(?:m?js|css)$/.test(path)
  return [...later.entries()].filter(
    (entry) => isCode(entry) && entry.hashed && !earlier.find(entry.path),
  )
}

const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0)

const folder = await mkdtemp(join(tmpdir(), 'holo-deltas-'))
try {
  console.log(
    '| app | releases | changed files | with a delta | best encoding | with `dcz` alone | with `dcb` and `dcz` | saved |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const app of APPS) {
    const [from, to] = app.releases
    const release = async (id: string, before?: Prepared) => {
      const built = join(await download(app.name, id, folder), app.folder)
      return prepare(built, id, await mkdtemp(join(folder, 'encoded-')), before)
    }
    const earlier = await release(from)
    const later = await release(to, earlier)
    const changed = listChanged(earlier.manifest, later.manifest)
    const plain = sum(changed.map(toPlainSize))
    const withZstd = sum(changed.map((one) => toDeltaSize(one, ['dcz'])))
    const withBoth = sum(changed.map((one) => toDeltaSize(one, ['dcb', 'dcz'])))
    const count = changed.filter(({ encodings }) => encodings.some(isDelta)).length
    const saved = `${Math.round((1 - withBoth / plain) * 100)} %`
    const sizes = [plain, withZstd, withBoth].map(toSize)
    const cells = [app.name, `${from} → ${to}`, changed.length, count, ...sizes, saved]
    console.log(`| ${cells.join(' | ')} |`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
