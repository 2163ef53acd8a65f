// Commands of other tools (wrangler, vercel, netlify, firebase, git, kubectl and Argo Rollouts), and the
// commands of Holo that do the same. A word that is a command of Holo must not be in this table.

const PUBLISH_INSTEAD =
  'holo publish (uploads a version), then "holo rollout start" or "holo point"'
const ROLLOUT = 'holo rollout start VERSION (step by step), or "holo point" (at once)'
const BACK = 'holo rollback, or "holo rollout abort" while a rollout runs'
const STOP = 'holo rollout abort (a rollout), or "holo withdraw" (a version)'
const LISTS = 'holo versions, "holo env list", "holo rollout history" or "holo rules list"'
const TOKENS =
  'set HOLO_TOKEN, or "tokenFile" of a target in holo.json; "holo whoami" says who you are'
const REMOVE =
  'holo env remove (an environment), "holo withdraw" (a version) or "holo gc" (old files)'
const TARGETS = 'holo init (writes holo.json), and --target NAME for one of its targets'
const LOGS = 'holo log (who did what), or "wrangler tail" for the requests of the Worker'
const LOCAL = 'holo dev (a local run); builds are made by your own tools'

/** By the typed words; a subcommand follows its group after a space. */
export const FOREIGN_WORDS: Readonly<Record<string, string>> = {
  ...of(
    PUBLISH_INSTEAD,
    'deployment',
    'upload',
    'push',
    'ship',
    'release',
    'pages',
    'sites',
    'hosting',
  ),
  ...of(
    ROLLOUT,
    'promote',
    'canary',
    'set',
    'start',
    'restart',
    'retry',
    'apply',
    'update',
    'upgrade',
    'merge',
  ),
  ...of('holo shift NAME=PERCENT', 'traffic', 'weight', 'weights', 'split', 'scale', 'route'),
  ...of(
    'holo point ENVIRONMENT VERSION',
    'alias',
    'switch',
    'checkout',
    'activate',
    'assign',
    'move',
  ),
  ...of(BACK, 'undo', 'revert', 'reset', 'restore', 'rollback-to'),
  ...of(STOP, 'stop', 'cancel'),
  ...of(
    LISTS,
    'list',
    'ls',
    'get',
    'deployments',
    'releases',
    'history',
    'branch',
    'tag',
    'environments',
  ),
  ...of('holo env list', 'envs', 'environment', 'contexts'),
  ...of('holo status', 'info', 'describe', 'inspect', 'ps', 'top', 'health', 'show'),
  ...of(LOGS, 'logs', 'tail', 'audit', 'activity'),
  ...of(REMOVE, 'remove', 'rm', 'delete', 'destroy', 'prune', 'clean', 'clear'),
  ...of(TOKENS, 'logout', 'auth', 'signin', 'sign-in', 'secret', 'secrets', 'tokens'),
  ...of('holo whoami', 'who', 'user', 'me', 'account', 'accounts', 'teams'),
  ...of(
    TARGETS,
    'link',
    'unlink',
    'use',
    'projects',
    'project',
    'config',
    'connect',
    'clone',
    'create',
    'new',
  ),
  ...of(LOCAL, 'serve', 'build', 'run', 'emulators'),
  ...of('holo --version', 'version'),
  ...of(
    'holo env set NAME --host NAME.example.com',
    'domains',
    'domain',
    'dns',
    'certs',
    'host',
    'hosts',
  ),
  ...of('holo rules set FILE', 'rule', 'flags', 'flag', 'redirects'),
  ...of('holo metrics export', 'stats', 'analytics', 'usage'),
  ...of('holo validate, or "holo verify" for the audit log', 'check', 'lint', 'test'),
  ...of('holo --help', 'commands', 'man', 'usage-help'),
  abort: 'holo rollout abort',
  pause: 'holo rollout pause',
  resume: 'holo rollout resume',
  advance: 'holo rollout advance',
  'env ls': 'holo env list',
  'env show': 'holo env list',
  'env create': 'holo env add',
  'env new': 'holo env add',
  'env update': 'holo env set',
  'env rm': 'holo env remove',
  'env delete': 'holo env remove',
  'env pull': '"holo env list": environments are pointers to versions, not variables',
  'env point': 'holo point ENVIRONMENT VERSION',
  'rollout undo': 'holo rollout abort (the one that runs), or "holo rollback" (afterwards)',
  'rollout rollback': 'holo rollout abort (the one that runs), or "holo rollback" (afterwards)',
  'rollout stop': 'holo rollout abort',
  'rollout cancel': 'holo rollout abort',
  'rollout list': 'holo rollout history',
  'rollout ls': 'holo rollout history',
  'rollout get': 'holo rollout status',
  'rollout watch': 'holo rollout status --watch',
  'rollout show': 'holo rollout status',
  'rollout create': 'holo rollout start VERSION',
  'rollout set': 'holo shift NAME=PERCENT, or "holo rollout advance" for the next step',
  'rollout restart': 'holo rollout start VERSION',
  'rollout retry': 'holo rollout start VERSION',
  'rollout next': 'holo rollout advance',
  'rollout finish': 'holo rollout promote',
  'rollout continue': 'holo rollout resume',
  'rules add': 'holo rules set FILE (all rules of a file)',
  'rules remove': 'holo rules set FILE (all rules of a file)',
  'rules ls': 'holo rules list',
  'token ls': 'holo token list',
  'token new': 'holo token create',
  'token add': 'holo token create',
  'token delete': 'holo token revoke',
  'token remove': 'holo token revoke',
  'token rm': 'holo token revoke',
  'versions list': 'holo versions',
  'versions ls': 'holo versions',
  'versions upload': 'holo publish',
  'versions deploy': ROLLOUT,
  'versions view': 'holo versions --json',
}

/** The command of Holo for the words of another tool; `undefined` for unknown words. */
export function findOwnWord(words: readonly string[]): string | undefined {
  const typed = words.slice(0, 2).map((word) => word.toLowerCase().replace(/:.*/, ''))
  for (const name of [typed.join(' '), typed[0] ?? '']) {
    if (Object.hasOwn(FOREIGN_WORDS, name)) return FOREIGN_WORDS[name]
  }
  return undefined
}

function of(own: string, ...foreign: readonly string[]): Record<string, string> {
  return Object.fromEntries(foreign.map((word) => [word, own]))
}
