// The import rule of docs/architecture.md, as a table. It decides which part of src may import
// which; scripts/check-imports.ts runs it and makes sure that every file was really read.

const FOUNDATION = ['core', 'document', 'http']
const SERVING = ['assets', 'proxy', 'flags', 'client', 'metrics', 'beacon']
const WIRED = [...FOUNDATION, ...SERVING, 'preview', 'loading', 'control', 'api', 'env', 'settings']

/**
 * What each part may import besides itself. A part is a folder of src, or a file next to the folders.
 * @type {Record<string, string[]>}
 */
const MAY_IMPORT = {
  core: [],
  document: ['core'],
  wire: ['core', 'document'],
  loading: ['core', 'document', 'flags'],
  http: ['core'],
  assets: ['core', 'http'],
  proxy: ['core', 'http'],
  flags: FOUNDATION,
  client: ['core', 'http'],
  metrics: [...FOUNDATION, 'loading'],
  beacon: [...FOUNDATION, 'metrics'],
  preview: [...FOUNDATION, 'control'],
  control: ['core', 'wire', 'document', 'loading', 'metrics'],
  api: [...FOUNDATION, 'wire', 'flags', 'loading', 'control', 'env'],
  dashboard: ['core', 'wire'],
  publish: ['core', 'wire', 'document'],
  local: ['core', 'wire'],
  cli: ['core', 'wire', 'document', 'publish', 'flags', 'local'],
  env: ['control'],
  settings: [...FOUNDATION, 'loading', 'env'],
  act: WIRED,
  'version-now': FOUNDATION,
  'ask-other': [...WIRED, 'act'],
  shadow: [...WIRED, 'act'],
  'dashboard-page': ['http', 'env'],
  insertions: [...FOUNDATION, 'client', 'flags', 'preview'],
  tab: [...FOUNDATION, 'assets'],
  'count-request': [...WIRED, 'act'],
  isolate: WIRED,
  router: [
    ...WIRED,
    'isolate',
    'act',
    'ask-other',
    'count-request',
    'shadow',
    'version-now',
    'dashboard-page',
    'insertions',
    'tab',
  ],
  worker: [...WIRED, 'router'],
}

/** The packages `core` may use: pure computation, the same in workerd and in Node. */
const PACKAGES_OF_CORE = ['json-logic-engine', 'semver', 'ipaddr\\.js']

/** The packages of the dashboard, which Vite builds into its files: nothing of them is installed with Holo. */
const PACKAGES_OF_DASHBOARD = ['preact', '@preact/signals', 'uplot']

const PARTS = Object.keys(MAY_IMPORT)

/** @param {string[]} parts */
function pathsOf(parts) {
  return `^src/(${parts.join('|')})(/|\\.tsx?$)`
}

const partRules = Object.entries(MAY_IMPORT).map(([part, others]) => ({
  name: `imports-of-${part}`,
  comment: `${part} may import ${[part, ...others].join(', ')} and nothing else of src`,
  severity: 'error',
  from: { path: pathsOf([part]) },
  to: { path: '^src/', pathNot: pathsOf([part, ...others]) },
}))

export default {
  forbidden: [
    ...partRules,
    {
      name: 'known-parts',
      comment: 'every part of src has a line in the table of .dependency-cruiser.mjs',
      severity: 'error',
      from: { path: '^src/', pathNot: pathsOf(PARTS) },
      to: {},
    },
    {
      name: 'packages-of-core',
      comment: `core may use the packages ${PACKAGES_OF_CORE.join(', ').replaceAll('\\', '')}`,
      severity: 'error',
      from: { path: '^src/core/' },
      to: {
        path: '(^|/)node_modules/',
        pathNot: `(^|/)node_modules/(@types/)?(${PACKAGES_OF_CORE.join('|')})/`,
      },
    },
    {
      name: 'packages-of-dashboard',
      comment: `the dashboard may use the packages ${PACKAGES_OF_DASHBOARD.join(', ')}`,
      severity: 'error',
      from: { path: '^src/dashboard/' },
      to: {
        path: '(^|/)node_modules/',
        pathNot: `(^|/)node_modules/(${PACKAGES_OF_DASHBOARD.join('|')})/`,
      },
    },
    {
      name: 'wire-is-types-for-the-dashboard',
      comment:
        'of wire the dashboard takes types, scopes, paths and sentences: schemas would bring zod into the page',
      severity: 'error',
      from: { path: '^src/dashboard/' },
      to: {
        path: '^src/wire/',
        pathNot: '^src/wire/(scopes|api-path|event-text)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'packages-of-wire',
      comment: 'wire holds shapes and may use zod alone',
      severity: 'error',
      from: { path: '^src/wire/' },
      to: { path: '(^|/)node_modules/', pathNot: '(^|/)node_modules/zod/' },
    },
    {
      name: 'node-only-in-publish-local-and-cli',
      comment: "the Worker has no Node: only publish, local and cli may import Node's own modules",
      severity: 'error',
      from: { path: '^src/', pathNot: pathsOf(['publish', 'local', 'cli']) },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'metrics-types-only',
      comment: 'control may use the types of metrics, not its code',
      severity: 'error',
      from: { path: '^src/control/' },
      to: { path: '^src/metrics/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-stands-alone',
      comment: 'src imports src, installed packages and modules of the platform',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        pathNot: '^src/|(^|/)node_modules/|^cloudflare:',
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'no-development-packages',
      comment: 'code of src needs a package of "dependencies"; for types a development one will do',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(dashboard|client/report)/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-cycles',
      comment: 'modules that import each other cannot be read or moved one at a time',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-barrels',
      comment: 'an index.ts that passes other files on hides what depends on what',
      severity: 'error',
      from: {},
      to: { path: '/index\\.tsx?$', pathNot: '(^|/)node_modules/' },
    },
    {
      name: 'names-that-say-something',
      comment: 'utils, helpers, common and lib are not topics',
      severity: 'error',
      from: {},
      to: { path: '/(utils?|helpers?|common|lib)(/|\\.tsx?$)', pathNot: '(^|/)node_modules/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: '(^|/)node_modules/' },
    // A package may have parts by name, such as `@modelcontextprotocol/server/stdio`.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
}
