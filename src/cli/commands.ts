// All commands, in the order in which help and documentation list them.

import type { CommandRow } from './command.ts'
import { DIFF, VALIDATE } from './commands/documents.ts'
import { ENV_ADD, ENV_LIST, ENV_REMOVE, ENV_SET } from './commands/env.ts'
import { EXPLAIN } from './commands/explain.ts'
import { GC } from './commands/gc.ts'
import { LOG, VERIFY } from './commands/history.ts'
import { INIT } from './commands/init.ts'
import { LOGIN } from './commands/login.ts'
import { METRICS_EXPORT } from './commands/metrics-export.ts'
import { OPEN } from './commands/open.ts'
import { POINT, SWAP } from './commands/point.ts'
import { PUBLISH } from './commands/publish.ts'
import { ROLLBACK } from './commands/rollback.ts'
import {
  ROLLOUT_ABORT,
  ROLLOUT_ADVANCE,
  ROLLOUT_PAUSE,
  ROLLOUT_PROMOTE,
  ROLLOUT_RESUME,
} from './commands/rollout-command.ts'
import { ROLLOUT_EXPLAIN, ROLLOUT_HISTORY, ROLLOUT_REPLAY } from './commands/rollout-past.ts'
import { ROLLOUT_START } from './commands/rollout-start.ts'
import { ROLLOUT_STATUS } from './commands/rollout-status.ts'
import { RULES_LIST, RULES_SET } from './commands/rules.ts'
import { SHIFT } from './commands/shift.ts'
import { SIMULATE } from './commands/simulate.ts'
import { STATUS } from './commands/status.ts'
import { TOKEN_CREATE, TOKEN_LIST, TOKEN_REVOKE } from './commands/token.ts'
import { EXPORT, IMPORT } from './commands/transfer.ts'
import { VERSIONS, VERSIONS_ABORT } from './commands/versions.ts'
import { WHOAMI } from './commands/whoami.ts'
import { WITHDRAW } from './commands/withdraw.ts'

export const COMMAND_ROWS: readonly CommandRow[] = [
  INIT,
  LOGIN,
  PUBLISH,
  VERSIONS,
  VERSIONS_ABORT,
  STATUS,
  SHIFT,
  POINT,
  SWAP,
  ROLLBACK,
  WITHDRAW,
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
  ENV_LIST,
  ENV_ADD,
  ENV_SET,
  ENV_REMOVE,
  RULES_LIST,
  RULES_SET,
  EXPLAIN,
  METRICS_EXPORT,
  SIMULATE,
  VALIDATE,
  DIFF,
  LOG,
  VERIFY,
  WHOAMI,
  TOKEN_LIST,
  TOKEN_CREATE,
  TOKEN_REVOKE,
  GC,
  EXPORT,
  IMPORT,
  OPEN,
]
