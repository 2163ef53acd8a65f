// What `--json` prints where it is not a reply of the API: failures, and the results of commands that
// combine several replies or need no server. Those of rollouts are in rollout-output.ts.

import * as z from 'zod'
import { HTML_HANDLING, NOT_FOUND } from '../core/site/manifest-config.ts'
import { frameworkPin } from '../document/framework-pin.ts'
import { changeOutput } from './changes.ts'
import { environmentOutput } from './environments.ts'
import { lostSummary } from './files.ts'
import { controlHealth, fill, servicesHealthAsRead } from './health.ts'
import { revisionSummaryAsRead } from './history.ts'
import { milliseconds, type Shaped } from './parts.ts'
import { fault } from './problems.ts'
import { statusAsRead, summaryAsRead } from './rollout-output.ts'
import { shadowSumsAsRead } from './shadow.ts'
import { toTolerant } from './tolerant.ts'
import { windowsAsRead } from './windows.ts'

export const failureOutput = z.strictObject({
  ok: z.literal(false),
  command: z.string().optional().describe('Left out when the command line names no command'),
  exitCode: z.int().describe('1 refused, 2 misuse, 3 unreachable, 4 stale, 130 interrupted'),
  error: z.strictObject({
    code: z.string().describe('Stable; docs/cli.md lists them, docs/api.md those of the API'),
    message: z.string().describe('For people; may change'),
    hint: z.string().optional().describe('What to do about it'),
    problems: z.array(fault).optional(),
    current: z.int().optional().describe('With stale: the current revision'),
    changes: z
      .array(revisionSummaryAsRead)
      .optional()
      .describe('With stale: what changed since, newest first'),
    requestId: z.string().optional().describe("The request's id in the log of the Worker"),
  }),
})

export const publishOutput = z.strictObject({
  target: z.string(),
  version: z.string(),
  folder: z.string(),
  manifest: z.string(),
  files: z.int(),
  bytes: z.int().describe('Of all files, not encoded'),
  privateFiles: z.int().describe('How many of them are source maps that only `holo errors` reads'),
  uploaded: z.int().describe('Blobs that were sent; encoded forms count as well'),
  uploadedBytes: z.int(),
  reused: z.int().describe('Blobs that were stored before'),
  requests: z.int().describe('How many requests the command sent'),
  storeOperations: z
    .strictObject({
      a: z.int().describe('Writes and lists, which R2 bills in class A'),
      b: z.int().describe('Reads, in class B'),
    })
    .describe('What these requests did in R2'),
  notFound: z.enum(NOT_FOUND).describe('What answers when no file matches'),
  htmlHandling: z.enum(HTML_HANDLING),
  frameworkPin: frameworkPin
    .optional()
    .describe('What the framework of the pages sends by itself, which counts as a pin'),
  dryRun: z.boolean().describe('true: nothing was sent'),
  isKnown: z.boolean().describe('true: it was published before with the same content'),
  revision: z
    .int()
    .optional()
    .describe('The revision that has the version; left out while there is no document'),
  commit: z.string().optional(),
  author: z.string().optional(),
  warnings: z.array(z.string()),
  next: z.string().describe('The command to continue with'),
})

export const validateOutput = z.strictObject({
  file: z.string(),
  revision: z.int(),
  environments: z.int(),
  versions: z.int(),
  rules: z.int(),
  weights: z.record(z.string(), z.number()).describe('Percent by environment'),
})

export const diffOutput = changeOutput
  .pick({ moved: true, versions: true, changes: true })
  .extend({ from: z.string(), to: z.string() })

export const EXPORT_FORMAT = 'holo-export'

/** The file that `holo export` writes and `holo import` takes. */
export const exportedFile = z.strictObject({
  format: z.literal(EXPORT_FORMAT),
  formatVersion: z.literal(1),
  exportedAt: z.string(),
  from: z.string(),
  revision: z.int(),
  content: z.string(),
  document: z.looseObject({}),
})

export const exportOutput = z.strictObject({
  file: z.string().optional(),
  revision: z.int(),
  content: z.string().describe('SHA-256 of the content, which does not depend on the revision'),
  export: exportedFile.optional().describe('Without a file: the export itself'),
})

export const importOutput = changeOutput.extend({
  content: z.string().optional().describe('As in export; left out when nothing was changed'),
})

export const initOutput = z.strictObject({
  file: z.string(),
  framework: z.string().describe('As people call it; "a server", "plain HTML" or "unknown"'),
  kind: z.enum(['static', 'server']).describe('server: pages are made by a server of the project'),
  build: z.string().optional().describe('The command of the build; left out if there is none'),
  folder: z.string().describe('What is published'),
  package: z.string().optional().describe('Of a monorepo, the folder of the package'),
  packageManager: z.string(),
  files: z.array(
    z.strictObject({
      path: z.string().describe('From the top of the repository'),
      state: z
        .enum(['written', 'unchanged', 'overwritten', 'kept'])
        .describe('kept: it was there and says something else'),
    }),
  ),
  dryRun: z.boolean().describe('true: nothing was written'),
  target: z.string(),
  url: z.string().optional().describe('Left out while it is not known'),
  notes: z.array(z.string()).describe('What stands in the way, each with its mend'),
  next: z.array(z.string()).describe('The commands to continue with'),
  preview: z
    .strictObject({
      url: z.string(),
      versions: z.array(z.string()).describe('The first, and the one to compare it with'),
      link: z.string().describe('Shows both in one browser'),
      tokenFile: z.string().describe('The file with the first token of the API'),
      signIn: z.string().optional().describe('Opens the dashboard, once'),
    })
    .optional()
    .describe('Where the build runs in two versions, until the command ends'),
})

/** Of `holo dev`, printed once it runs. */
export const devOutput = z.strictObject({
  url: z.string().describe('Where the site is'),
  data: z.string().describe('The folder that everything is stored in'),
  tokenFile: z.string().describe('The file with the first token of the API'),
  signIn: z.string().optional().describe('Opens the dashboard, once'),
  version: z.string().optional().describe('Left out when nothing was published now'),
  folder: z.string().optional().describe('What was published as this version'),
  files: z.int().optional(),
})

/** Of `holo deploy`. */
export const deployOutput = z.strictObject({
  file: z.string().describe('The wrangler.toml that was used'),
  isNew: z.boolean().describe('true: it was written now'),
  worker: z.string().describe('The name of the Worker'),
  dryRun: z.boolean(),
  outdir: z.string().optional().describe('With --outdir: where the built Worker is'),
  url: z.string().optional().describe('The address, if it is known'),
  token: z
    .enum(['made', 'unchanged'])
    .optional()
    .describe('Whether the first token was made now; left out for a dry run'),
  keptIn: z.string().optional().describe('Where the new token is kept'),
})

export const doctorOutput = z.strictObject({
  target: z.string().optional().describe('Left out where no target is known'),
  url: z.string().optional(),
  wrong: z.int().describe('How many checks found something wrong; the exit code is 1 if any did'),
  warnings: z.int(),
  checks: z.array(
    z.strictObject({
      about: z.enum(['project', 'site', 'access']),
      check: z.string(),
      state: z.enum(['fine', 'warning', 'wrong', 'unknown']),
      message: z.string(),
      mend: z.string().optional().describe('What to do about it'),
    }),
  ),
})

export const loginOutput = z.strictObject({
  url: z.string().optional(),
  trusted: z.array(z.string()).describe('All hosts that are trusted now'),
})

export const openOutput = z.strictObject({ url: z.string(), opened: z.boolean() })

/** Of `holo status`: the replies of several routes, combined. */
const firstByteFigure = z
  .strictObject({ kind: z.enum(['about', 'below', 'above']), ms: z.int() })
  .describe('Time to first byte of services: docs/metrics.md says how exact')

const environmentFigures = z.strictObject({
  environment: z.string(),
  visitors: z.int().describe('Different ones, about'),
  requests: z.int(),
  failedPercent: z.number().optional().describe('Of the judged requests; left out without any'),
  p50: firstByteFigure.optional(),
  p95: firstByteFigure.optional(),
})

export type EnvironmentFigures = Shaped<typeof environmentFigures>

export const statusOutput = z.strictObject({
  target: z.string(),
  url: z.string(),
  revision: z.int(),
  published: controlHealth.shape.published,
  publishError: controlHealth.shape.publishError,
  externalProblem: controlHealth.shape.externalProblem,
  freeze: controlHealth.shape.freeze,
  windows: windowsAsRead.optional().describe('When releases may go forward'),
  fill: z
    .array(toTolerant(fill).extend({ percent: z.int() }))
    .describe('What fills up for good: docs/storage.md'),
  lost: toTolerant(lostSummary)
    .optional()
    .describe('Files of the store that are lost or damaged; left out if there are none'),
  environments: z.array(environmentOutput),
  figures: z
    .array(environmentFigures)
    .describe(
      'What was counted in the last five minutes; nothing of environments without requests',
    ),
  services: servicesHealthAsRead.shape.services.describe(
    'Those with a probe, and how they are: docs/health.md',
  ),
  last: revisionSummaryAsRead.optional().describe('The last change'),
})

/** A line of `holo watch --json`. */
export const watchOutput = statusOutput.omit({ fill: true, figures: true }).extend({
  at: milliseconds.describe('When all this was read'),
  failed: z
    .strictObject({
      code: z.string(),
      message: z.string(),
      since: milliseconds.describe('When the first refresh failed after the last that did not'),
    })
    .optional()
    .describe('Why the last refresh failed: the other fields are as old as `at` says'),
  figures: z
    .array(
      environmentFigures.extend({
        perSecond: z.number().describe('Requests a second in the last minute that is counted'),
      }),
    )
    .describe('As in status'),
  rollouts: z.array(statusAsRead).describe('Those that run'),
  lastRollout: summaryAsRead.optional().describe('The newest that is over'),
  shadows: shadowSumsAsRead.shape.shadows.describe('Those that were copied to in the last hour'),
  waiting: z
    .array(
      z.strictObject({
        rollout: z.int(),
        why: z.string(),
        command: z.string().describe('What lets it go on'),
      }),
    )
    .describe('What goes on only when somebody says so'),
})

export const mcpOutput = z.strictObject({
  target: z.string(),
  url: z.string(),
  tools: z.array(
    z.strictObject({
      name: z.string(),
      about: z.string(),
      changes: z.string().nullable().describe('What it changes; null if it only reads'),
    }),
  ),
})
