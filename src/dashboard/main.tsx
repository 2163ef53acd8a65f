// The entry of the dashboard.

import { render } from 'preact'
import { findAccount } from './api/account.ts'
import { Dashboard } from './app.tsx'
import { startClock } from './state/clock.ts'
import { startTheme } from './state/theme.ts'

startTheme()
startClock()
findAccount()
const host = document.getElementById('app')
if (host) render(<Dashboard />, host)
