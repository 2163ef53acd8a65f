// The table of all routes. The app and the OpenAPI document are built from it, and the tests of
// authorisation go through it.

import { createOpenApiRoute } from './http/openapi.ts'
import type { Route } from './http/route.ts'
import { AUDIT_ROUTES, EVENTS_ROUTE } from './routes/audit.ts'
import { BLOB_ROUTES } from './routes/blobs.ts'
import { COLLECTION_ROUTE } from './routes/collection.ts'
import { ENVIRONMENT_ROUTES } from './routes/environments.ts'
import { ERROR_ROUTES } from './routes/errors.ts'
import { EXPERIMENT_ROUTES } from './routes/experiments.ts'
import { EXPLAIN_ROUTE } from './routes/explain.ts'
import { FILE_CHECK_ROUTE } from './routes/files.ts'
import { FLAG_ROUTES } from './routes/flags.ts'
import { FREEZE_ROUTES } from './routes/freeze.ts'
import { HEALTH_ROUTE, SERVICES_HEALTH_ROUTE } from './routes/health.ts'
import { HISTORY_ROUTES } from './routes/history.ts'
import { MANIFEST_ROUTES } from './routes/manifests.ts'
import { METRICS_ROUTES } from './routes/metrics.ts'
import { PREVIEW_ROUTES } from './routes/previews.ts'
import { ROLLOUT_ROUTES } from './routes/rollouts.ts'
import { LIVE_ROUTE, SESSION_ROUTES } from './routes/sessions.ts'
import { SHADOW_ROUTE } from './routes/shadow.ts'
import { SOAK_ROUTES } from './routes/soaks.ts'
import { TOKEN_ROUTES, WHOAMI_ROUTE } from './routes/tokens.ts'
import { UPLOAD_ROUTES } from './routes/uploads.ts'
import { VERSION_ROUTES } from './routes/versions.ts'
import { WEBHOOK_ROUTES } from './routes/webhooks.ts'
import { WINDOWS_ROUTES } from './routes/windows.ts'

const CONTROLLED: readonly Route[] = [
  ...ENVIRONMENT_ROUTES,
  ...VERSION_ROUTES,
  ...FLAG_ROUTES,
  ...EXPERIMENT_ROUTES,
  ...MANIFEST_ROUTES,
  ...UPLOAD_ROUTES,
  ...BLOB_ROUTES,
  COLLECTION_ROUTE,
  FILE_CHECK_ROUTE,
  ...ROLLOUT_ROUTES,
  ...FREEZE_ROUTES,
  ...WINDOWS_ROUTES,
  ...HISTORY_ROUTES,
  EXPLAIN_ROUTE,
  ...METRICS_ROUTES,
  ...ERROR_ROUTES,
  SHADOW_ROUTE,
  ...SOAK_ROUTES,
  ...AUDIT_ROUTES,
  EVENTS_ROUTE,
  LIVE_ROUTE,
  ...PREVIEW_ROUTES,
  ...WEBHOOK_ROUTES,
  ...TOKEN_ROUTES,
  WHOAMI_ROUTE,
  ...SESSION_ROUTES,
  HEALTH_ROUTE,
  SERVICES_HEALTH_ROUTE,
]

export const ROUTES: readonly Route[] = [...CONTROLLED, createOpenApiRoute(CONTROLLED)]
