// Decides which files of a folder must not be public: secrets, server code that Holo would serve as text, and
// leftovers of tools. It decides by name, and by content only for private keys. Messages never quote a file.
// The publisher can allow single files with `--allow`.

/** What happens to a file that is not simply published. */
export type FileVerdict =
  /** The publication is refused until the publisher excludes or allows the file. */
  | { readonly kind: 'refused'; readonly what: string }
  /** The file is not published; `what` is empty if no warning is needed. */
  | { readonly kind: 'left-out'; readonly what: string }
  /** The file is published with a warning. */
  | { readonly kind: 'noticed'; readonly what: string }

type Rule = readonly [pattern: RegExp, kind: FileVerdict['kind'], what: string]

const KEY = 'a private key'
const CREDENTIALS = 'credentials'
const VARIABLES = 'variables of an environment, which hold secrets'
const DUMP = 'a copy of a database'
const SERVER_CODE = 'server code, which Holo does not run but would show to everybody'

/**
 * Matched against the manifest path in lower case; the first match counts. Some patterns also match files
 * below a folder, such as `/_worker.js/index.js`.
 */
const RULES: readonly Rule[] = [
  // Other names that begin with a dot are left out, except below /.well-known.
  [/\/\.(?:env[^/]*|dev\.vars[^/]*)$/, 'refused', VARIABLES],
  [
    /\/\.(?:npmrc|yarnrc(?:\.yml)?|pypirc|netrc|pgpass|my\.cnf|htpasswd|git-credentials|dockercfg)$/,
    'refused',
    CREDENTIALS,
  ],
  [/\/\.(?:aws|ssh|gnupg|kube)$/, 'refused', 'a folder of keys and credentials'],
  [
    /^\/\.assetsignore$/,
    'left-out',
    'Holo does not read it: exclude the files that it lists with --exclude',
  ],
  [/\/\.htaccess$/, 'left-out', 'settings of Apache, which Holo does not read'],

  // Leftovers of operating systems and tools, which no visitor needs.
  [/\/(?:thumbs\.db|desktop\.ini|\.ds_store)$/, 'left-out', ''],
  [
    /\/(?:npm-debug|yarn-(?:debug|error)|pnpm-debug|lerna-debug)\.log(?:\.\d+)?$/,
    'left-out',
    'a log of a package manager',
  ],
  [
    /\/(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|composer\.lock|gemfile\.lock|poetry\.lock|pipfile\.lock|cargo\.lock|go\.sum)$/,
    'left-out',
    'it lists what the app is built from',
  ],
  [
    /\/(?:dockerfile(?:\.[\w-]+)?|(?:docker-)?compose(?:\.[\w-]+)?\.ya?ml|procfile|makefile|vagrantfile|jenkinsfile)$/,
    'left-out',
    'it says how something is built or run',
  ],
  [/\/web(?:\.\w+)?\.config$/, 'left-out', 'settings of IIS, which Holo does not read'],
  [/^\/holo\.json$/, 'left-out', ''],
  [/\/wrangler\.(?:toml|jsonc?)$/, 'left-out', 'settings of Wrangler'],

  // Server code of other hosts.
  [
    /^\/_worker\.js(?:\/|$)|^\/_worker\.bundle$/,
    'refused',
    `a Worker of Cloudflare Pages: ${SERVER_CODE}`,
  ],
  [
    /^\/_routes\.json$/,
    'refused',
    'routes of functions of Cloudflare Pages: use services of Holo instead',
  ],
  [
    /^\/functions\/.*\.(?:[cm]?[jt]sx?|wasm|py|go|rb)$/,
    'refused',
    `functions of Cloudflare Pages or Firebase: ${SERVER_CODE}`,
  ],
  [/^\/netlify\/(?:edge-)?functions\//, 'refused', `functions of Netlify: ${SERVER_CODE}`],
  [
    /\.(?:php\d?|phtml|phps|inc\.php|asp|aspx|ashx|asmx|ascx|cshtml|vbhtml|jspx?|cfm|cgi)$/,
    'refused',
    SERVER_CODE,
  ],
  [
    /^\/node_modules(?:\/|$)/,
    'refused',
    'installed packages: publish the output of the build instead',
  ],

  // Settings of servers, which may contain connection strings.
  [/\/appsettings(?:\.[\w-]+)?\.json$/, 'refused', 'settings of a server (ASP.NET)'],
  [
    /\/(?:local\.settings\.json|wp-config[^/]*|settings\.local\.\w+|database\.ya?ml|application(?:-\w+)?\.(?:ya?ml|properties))$/,
    'refused',
    'settings of a server',
  ],

  // Keys and credentials.
  [/\/(?:id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|[^/]*_rsa|ssh_host_[^/]*_key)$/, 'refused', KEY],
  [/\.(?:p12|pfx|jks|keystore|kdbx?|ppk|pvk|p8|bcfks|ovpn|agekey)$/, 'refused', 'a store of keys'],
  [/\.key$/, 'refused', KEY],
  [
    /\/(?:[^/]*[._-])?(?:service[-_]?account|firebase-adminsdk|gcp-key|gcloud)[^/]*\.json$/,
    'refused',
    'the key of a service account',
  ],
  [/\/(?:client_secret|oauth_secret)[^/]*\.json$/, 'refused', CREDENTIALS],
  [
    /\/(?:aws-?)?credentials(?:\.(?:json|csv|ya?ml|ini|xml))?$|\/accesskeys\.csv$/,
    'refused',
    CREDENTIALS,
  ],
  [
    /\/secrets?(?:\.[\w-]+)?\.(?:json|ya?ml|toml|env|txt|properties)$|\/admin-token$/,
    'refused',
    CREDENTIALS,
  ],
  [
    /\/(?:kubeconfig(?:\.ya?ml)?|[^/]*\.kubeconfig)$/,
    'refused',
    'credentials of a Kubernetes cluster',
  ],
  [
    /\.(?:tfstate(?:\.\d+)?(?:\.backup)?|tfvars(?:\.json)?)$/,
    'refused',
    'state or variables of Terraform, which hold secrets in plain text',
  ],
  [/\/(?:[^/.]+\.env|env\.(?:local|production|development|staging))$/, 'refused', VARIABLES],
  [/\/(?:htpasswd|_netrc|pgpass\.conf)$/, 'refused', CREDENTIALS],
  [/\.(?:rdb|aof|dump|bak|mdb|sql\.(?:gz|bz2|xz|zst|zip))$/, 'refused', DUMP],
  [
    /\/(?:[^/]*[._-])?(?:backup|dump)s?(?:[._-][^/]*)?\.(?:sql|sqlite3?|db|csv|zip|gz|tgz|tar|7z)$/,
    'refused',
    DUMP,
  ],

  // Files that may be public on purpose.
  [/\.(?:sql|sqlite3?|db)$/, 'noticed', 'it is a database, which everybody can read'],
  [
    /\/(?:[^/]*[._-])?(?:users?|customers?|members?|clients?|patients?|employees?|subscribers?|e-?mails?)(?:[._-][^/]*)?\.(?:csv|tsv|xlsx?|ods)$/,
    'noticed',
    'it may hold personal data, which everybody can read',
  ],
  [/^\/(?:package|composer)\.json$/, 'noticed', 'it tells everybody what the app is built from'],
]

/** The settings of a Blazor app that runs in the browser are public by design. */
const BLAZOR_SETTINGS = /^(.*)\/appsettings(?:\.[\w-]+)?\.json$/i

/** The verdict on a file by its manifest path; `undefined` if it is simply published. */
export function judgeName(
  path: string,
  isThere: (path: string) => boolean,
): FileVerdict | undefined {
  const lower = path.toLowerCase()
  const rule = RULES.find(([pattern]) => pattern.test(lower))
  if (!rule) return undefined
  const [, kind, what] = rule
  const app = BLAZOR_SETTINGS.exec(path)?.[1]
  if (app !== undefined && isThere(`${app}/_framework`)) {
    return { kind: 'noticed', what: 'settings of a Blazor app, which everybody can read' }
  }
  return { kind, what }
}

/** The header line together with content, because code of libraries for keys has the line alone. */
const PRIVATE_KEY =
  /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\[nr]|\s)*(?:[A-Za-z-]+: [^\n]*\s+)*(?:[A-Za-z0-9+/=]|\\[nr]|\s){64}/
const PUTTY_KEY = /^PuTTY-User-Key-File-\d:/
const SIGN_OF_KEY = Buffer.from('PRIVATE KEY')
const SIGN_OF_PUTTY = Buffer.from('PuTTY-User-Key-File-')

/** Why the content of a file must not be public; `undefined` if it may. The reason never quotes the content. */
export function judgeContent(path: string, content: Uint8Array): string | undefined {
  if (holdsPrivateKey(content)) return `it contains ${KEY}`
  if (!/\.json$/i.test(path) || !isServiceAccount(content)) return undefined
  return 'the key of a service account'
}

function isServiceAccount(content: Uint8Array): boolean {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  return text.includes('"service_account"') && text.includes('"private_key"')
}

function holdsPrivateKey(content: Uint8Array): boolean {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  if (bytes.includes(SIGN_OF_KEY)) return PRIVATE_KEY.test(bytes.toString('latin1'))
  return bytes.subarray(0, SIGN_OF_PUTTY.length).equals(SIGN_OF_PUTTY)
    ? PUTTY_KEY.test(bytes.toString('latin1', 0, 64))
    : false
}
