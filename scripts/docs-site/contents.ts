// The contents of the docs site: its groups of pages, in the order of the navigation. A page is a Markdown file of
// the repository, or one that is generated when the site is built.

export type Group = { readonly title: string; readonly pages: readonly Page[] }

export type Page = {
  /** The file in the repository; of a generated page a name that no file has. */
  readonly file: string
  /** In the navigation. */
  readonly title: string
}

export const API_REFERENCE = 'generated/api.md'
export const ASSIGNMENTS_REFERENCE = 'generated/assignments.md'

const docs = (name: string, title: string): Page => ({ file: `docs/${name}.md`, title })
const recipe = (name: string, title: string): Page => docs(`recipes/${name}`, title)

export const CONTENTS: readonly Group[] = [
  {
    title: 'Start',
    pages: [
      { file: 'README.md', title: 'Holo' },
      docs('getting-started', 'Getting started'),
      docs('concepts', 'Concepts'),
      docs('comparison', 'Beside other systems'),
    ],
  },
  {
    title: 'Recipes',
    pages: [
      recipe('README', 'All recipes'),
      recipe('blue-green', 'Blue/green'),
      recipe('canary', 'Canary with staff first'),
      recipe('ab-test', 'A/B test'),
      docs('dark-launch', 'Dark launch of a database'),
      recipe('preview-per-pull-request', 'Preview per pull request'),
      recipe('kill-switch', 'A flag with a kill switch'),
      recipe('rolling-back', 'Rolling back in anger'),
      recipe('containers', 'Backends in containers'),
      recipe('backends', 'Immutable and replaceable backends'),
      recipe('many-services', 'Many services'),
      recipe('several-sites', 'Several sites, and staging'),
      recipe('existing-worker', 'A site that has a Worker'),
      recipe('from-cloudflare', 'From gradual deployments'),
      recipe('from-netlify', 'From Netlify'),
      recipe('from-vercel', 'From Vercel'),
      recipe('from-nginx', 'From nginx'),
    ],
  },
  {
    title: 'Releasing',
    pages: [
      docs('rollouts', 'Rollouts'),
      docs('judging', 'Judging'),
      docs('metrics', 'Metrics'),
      docs('safety', 'Freeze, floor and budget'),
      docs('shadow', 'Shadow traffic'),
      docs('flags', 'Flags and experiments'),
      docs('previews', 'Previews'),
      docs('drain', 'Draining a backend'),
      docs('tabs', 'Tabs on two versions'),
      docs('browser', 'What browsers report'),
      docs('errors', 'Errors of browsers'),
      docs('dora', 'DORA figures'),
    ],
  },
  {
    title: 'Operating',
    pages: [
      docs('operations', 'Operations'),
      docs('dashboard', 'Dashboard'),
      docs('webhooks', 'Webhooks'),
      docs('health', 'Health of services'),
      docs('frameworks', 'Frameworks'),
      docs('http', 'HTTP'),
      docs('security', 'Security'),
      docs('storage', 'Storage'),
      docs('bench', 'Speed'),
    ],
  },
  {
    title: 'Reference',
    pages: [
      docs('cli', 'The command'),
      docs('api', 'The admin API'),
      { file: API_REFERENCE, title: 'Operations of the API' },
      docs('assignments', 'The document'),
      { file: ASSIGNMENTS_REFERENCE, title: 'Fields of the document' },
      docs('mcp', 'For agents'),
      docs('package', 'The package'),
      docs('architecture', 'Architecture'),
    ],
  },
  {
    title: 'Project',
    pages: [
      { file: 'examples/shop/README.md', title: 'Example: a shop' },
      { file: 'examples/database-move/README.md', title: 'Example: a database moved' },
      { file: 'examples/github-actions/README.md', title: 'Example: GitHub Actions' },
      { file: 'examples/github-status/README.md', title: 'Example: GitHub statuses' },
      { file: 'CONTRIBUTING.md', title: 'Contributing' },
      { file: 'CHANGELOG.md', title: 'Changelog' },
    ],
  },
]

export const ALL_PAGES: readonly Page[] = CONTENTS.flatMap(({ pages }) => pages)

/** The address of a page on the site: `/cli/` for docs/cli.md. */
export function toAddress(file: string): string {
  const name = file
    .replace(/^docs\//, '')
    .replace(/^generated\//, 'reference/')
    .replace(/\.md$/, '')
    .replace(/(^|\/)README$/, '')
    .toLowerCase()
  return name === '' ? '/' : `/${name}/`
}
