// The table of all commands, in the order of the help. The program, its documentation and the JSON
// schemas are made from it.

import type { CommandRow } from './command.ts'
import { DEPLOY } from './commands/deploy.ts'
import { DEV } from './commands/dev.ts'
import { DOCTOR } from './commands/doctor.ts'
import { DOCUMENT_COMMANDS, TRANSFER_COMMANDS } from './commands/documents.ts'
import { DORA } from './commands/dora.ts'
import { ENV_COMMANDS } from './commands/env.ts'
import { BROWSER_ERRORS } from './commands/errors.ts'
import { EXPERIMENT_COMMANDS } from './commands/experiment.ts'
import { EXPLAIN } from './commands/explain.ts'
import { FLAGS_COMMANDS } from './commands/flags.ts'
import { FLAGS_IMPORT } from './commands/flags-import.ts'
import { FLAGS_STALE } from './commands/flags-stale.ts'
import { FLAGS_TRY_COMMANDS } from './commands/flags-try.ts'
import { FREEZE_COMMANDS } from './commands/freeze.ts'
import { GC } from './commands/gc.ts'
import { HISTORY_COMMANDS } from './commands/history.ts'
import { INIT } from './commands/init.ts'
import { LOGIN, WHOAMI } from './commands/login.ts'
import { MCP } from './commands/mcp.ts'
import { METRICS_EXPORT } from './commands/metrics-export.ts'
import { DASHBOARD, OPEN } from './commands/open.ts'
import { POINT_COMMANDS, SHIFT } from './commands/point.ts'
import { PREVIEW_COMMANDS } from './commands/preview.ts'
import { PUBLISH } from './commands/publish.ts'
import { ROLLBACK, WITHDRAW } from './commands/rollback.ts'
import {
  ROLLOUT_ABORT,
  ROLLOUT_ADVANCE,
  ROLLOUT_PAUSE,
  ROLLOUT_PROMOTE,
  ROLLOUT_RESUME,
  ROLLOUT_START,
} from './commands/rollout-command.ts'
import {
  ROLLOUT_EXPLAIN,
  ROLLOUT_HISTORY,
  ROLLOUT_REPLAY,
  ROLLOUT_STATUS,
} from './commands/rollout-look.ts'
import { ROLLOUT_PLAN } from './commands/rollout-plan.ts'
import { RULES_COMMANDS } from './commands/rules.ts'
import { SHADOW_REPORT } from './commands/shadow.ts'
import { SHADOW_RAMP } from './commands/shadow-ramp.ts'
import { SIMULATE } from './commands/simulate.ts'
import { STATUS } from './commands/status.ts'
import { TAB_PINS } from './commands/tab-pins.ts'
import { TOKEN_COMMANDS } from './commands/token.ts'
import { VERSION_COMMANDS } from './commands/versions.ts'
import { WATCH } from './commands/watch.ts'
import { WEBHOOK_COMMANDS } from './commands/webhooks.ts'
import { WINDOWS_COMMANDS } from './commands/windows.ts'

export const COMMAND_ROWS: readonly CommandRow[] = [
  INIT,
  DEV,
  DEPLOY,
  DOCTOR,
  LOGIN,
  PUBLISH,
  ...VERSION_COMMANDS,
  STATUS,
  WATCH,
  SHIFT,
  ...POINT_COMMANDS,
  ROLLBACK,
  WITHDRAW,
  ...FREEZE_COMMANDS,
  ...WINDOWS_COMMANDS,
  ROLLOUT_PLAN,
  ROLLOUT_START,
  ROLLOUT_STATUS,
  ROLLOUT_PAUSE,
  ROLLOUT_RESUME,
  ROLLOUT_ADVANCE,
  ROLLOUT_PROMOTE,
  ROLLOUT_ABORT,
  ROLLOUT_EXPLAIN,
  ROLLOUT_REPLAY,
  ROLLOUT_HISTORY,
  ...ENV_COMMANDS,
  TAB_PINS,
  ...RULES_COMMANDS,
  ...FLAGS_COMMANDS,
  FLAGS_IMPORT,
  ...FLAGS_TRY_COMMANDS,
  FLAGS_STALE,
  ...EXPERIMENT_COMMANDS,
  ...PREVIEW_COMMANDS,
  ...WEBHOOK_COMMANDS,
  EXPLAIN,
  BROWSER_ERRORS,
  SHADOW_REPORT,
  SHADOW_RAMP,
  METRICS_EXPORT,
  SIMULATE,
  ...DOCUMENT_COMMANDS,
  ...HISTORY_COMMANDS,
  DORA,
  WHOAMI,
  ...TOKEN_COMMANDS,
  GC,
  ...TRANSFER_COMMANDS,
  OPEN,
  DASHBOARD,
  MCP,
]
