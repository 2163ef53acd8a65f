// `npm run build:dashboard`: builds the dashboard into dist/dashboard, unless it is up to date.

import { DASHBOARD_FOLDER, ensureDashboard } from './dashboard/build.ts'

const isBuilt = await ensureDashboard()
console.log(`${DASHBOARD_FOLDER}: ${isBuilt ? 'built' : 'is up to date'}`)
