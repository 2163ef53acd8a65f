// The order of a test run: project by project, because files share modules only with the file before them, and in
// each the files that take longest first, so that at the end no core waits for one long file.

import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { BaseSequencer, type TestSpecification, type Vitest } from 'vitest/node'

/** Those with the shortest files come last. */
const PROJECTS = ['worker', 'browser', 'pure']

/** Files of more than ten seconds, longest first. */
const SLOW = [
  'test/cli/init/starters.test.ts',
  'test/e2e/dashboard.test.ts',
  'test/e2e/dashboard-screens.test.ts',
  'test/e2e/browser-reports.test.ts',
  'test/checks/bench.test.ts',
  'test/e2e/docs-site.test.ts',
  'test/simulation/judge.test.ts',
  'test/e2e/flags.test.ts',
  'test/e2e/identity.test.ts',
  'test/builds/shell-worker.test.ts',
  'test/builds/click-through.test.ts',
  'test/e2e/dashboard-states.test.ts',
  'test/edge/failures-on-both.test.ts',
  'test/e2e/tabs.test.ts',
  'test/cli/pack.test.ts',
  'test/worker/rollout-end-to-end.test.ts',
  'test/start/start.test.ts',
  'test/start/restart.test.ts',
  'test/e2e/dashboard-load.test.ts',
  'test/worker/limits.test.ts',
  'test/builds/same-page.test.ts',
  'test/faults/matrix.test.ts',
  'test/docs/dark-launch.test.ts',
  'test/worker/publication-crash.test.ts',
  'test/worker/rollout-cold-start.test.ts',
  'test/worker/publication-race.test.ts',
  'test/docs/readme.test.ts',
  'test/cli/rollout-plan.test.ts',
  'test/cli/publish.test.ts',
  'test/edge/hand-edits.test.ts',
  'test/e2e/shop.test.ts',
  'test/cli/changes.test.ts',
  'test/edge/soak.test.ts',
  'test/e2e/swagger-ui.test.ts',
  'test/api/control-calls.test.ts',
  'test/simulation/rollback.test.ts',
  'test/cli/story.test.ts',
  'test/docs/commands.test.ts',
  'test/proxy/stream-files.test.ts',
  'test/docs/getting-started.test.ts',
  'test/cli/json.test.ts',
  'test/worker/audit-honest.test.ts',
  'test/cli/mcp.test.ts',
  'test/cli/dev.test.ts',
  'test/docs/recipes.test.ts',
  'test/cli/trust.test.ts',
  'test/e2e/previews.test.ts',
  'test/worker/rollout-crash.test.ts',
  'test/attacks/sessions.test.ts',
  'test/examples/publish-from-build.test.ts',
  'test/worker/control-budget.test.ts',
  'test/worker/assets-limits.test.ts',
  'test/worker/rollout-events.test.ts',
]

export class SlowFirst extends BaseSequencer {
  readonly #root: string

  constructor(vitest: Vitest) {
    super(vitest)
    this.#root = vitest.config.root
    const gone = SLOW.filter((name) => !existsSync(join(this.#root, name)))
    if (gone.length > 0) throw new Error(`test/support/slow-first.ts names ${gone}: no such file`)
  }

  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = SLOW.indexOf(relative(this.#root, moduleId))
      return place < 0 ? SLOW.length : place
    }
    const projectOf = ({ project }: TestSpecification) => PROJECTS.indexOf(project.name)
    const all = await super.sort(files)
    return all.toSorted(
      (one, other) => projectOf(one) - projectOf(other) || placeOf(one) - placeOf(other),
    )
  }
}
