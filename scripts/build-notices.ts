// `npm run build:notices`: writes THIRD-PARTY-NOTICES.txt of what the other builds have put into the package. It fails
// for a package without a licence, or with one that scripts/licences.ts does not allow.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildModules } from './client/build.ts'
import { isAllowed } from './licences.ts'
import {
  findBundled,
  NOTED_BUILDS,
  NOTICES_FILE,
  readInsideNotice,
  readNote,
  readNotice,
  renderNotices,
} from './notices.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

const ofScripts = (await buildModules()).flatMap(({ inputs }) => inputs)
const bundled = [
  ...NOTED_BUILDS.map((build) => readNote(ROOT, build)),
  findBundled(ROOT, ofScripts),
]
const folders = new Set(bundled.flatMap((one) => one.folders))
const inside = new Set(bundled.flatMap((one) => one.inside))
const notices = [
  ...[...folders].map((folder) => readNotice(ROOT, folder)),
  ...[...inside].map((one) => readInsideNotice(ROOT, one)),
]
const refused = notices.filter(({ name, license }) => !isAllowed(name, license))
for (const { name, license } of refused) console.error(`${name} has the licence ${license}`)
if (refused.length > 0) process.exitCode = 1
else {
  writeFileSync(`${ROOT}${NOTICES_FILE}`, renderNotices(notices))
  console.log(`${NOTICES_FILE}: ${notices.length} packages`)
}
