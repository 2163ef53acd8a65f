// `npm run check:licences`: every package that comes with Holo has a licence that scripts/licences.ts allows.

import { checkLicences } from './licences.ts'

const { count, faults } = checkLicences('.')
for (const fault of faults) console.error(`Licences: ${fault}`)
if (faults.length > 0) process.exitCode = 1
else console.log(`Licences: ${count} packages come with Holo, all under terms that allow it.`)
