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

const WORKER_OF_PAGES = `a Worker of Cloudflare Pages: ${SERVER_CODE}`
const JAVA_APP = `a Java web app: ${SERVER_CODE}`

/** For folders, matched as RULES. Whatever is in them is private, too. */
const FOLDER_RULES: readonly Rule[] = [
  [/\/\.(?:aws|ssh|gnupg|kube)$/, 'refused', 'a folder of keys and credentials'],
  [/^\/node_modules$/, 'refused', 'installed packages: publish the output of the build instead'],
  [/^\/_worker\.js$/, 'refused', WORKER_OF_PAGES],
  [/^\/web-inf$/, 'refused', JAVA_APP],
]

/**
 * For files, matched against the manifest path in lower case; the first match counts. A folder may have any of
 * these names: a page about Dockerfiles is often `/dockerfile/index.html`.
 */
const RULES: readonly Rule[] = [
  // Other names that begin with a dot are left out, except below /.well-known.
  [/\/\.(?:env[^/]*|dev\.vars[^/]*)$/, 'refused', VARIABLES],
  [
    /\/\.(?:npmrc|yarnrc(?:\.yml)?|pypirc|netrc|pgpass|my\.cnf|htpasswd|git-credentials|dockercfg)$/,
    'refused',
    CREDENTIALS,
  ],
  [
    /^\/\.assetsignore$/,
    'left-out',
    'Holo does not read it: exclude the files that it lists with --exclude',
  ],
  [/\/\.htaccess$/, 'left-out', 'settings of Apache, which Holo does not read'],

  // Leftovers of operating systems and tools, which no visitor needs.
  [/\/(?:thumbs\.db|desktop\.ini|\.ds_store)$/, 'left-out', ''],
  [
    /\/(?:npm-debug|yarn-(?:debug|error)|pnpm-debug|lerna-debug|(?:firebase|firestore|ui|database)-debug)\.log(?:\.\d+)?$/,
    'left-out',
    'a log of a tool',
  ],
  [
    /\/(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|composer\.lock|gemfile\.lock|poetry\.lock|pipfile\.lock|cargo\.lock|deno\.lock|uv\.lock|go\.sum)$/,
    'left-out',
    'it lists what the app is built from',
  ],
  [
    /\/(?:dockerfile(?:\.[\w-]+)?|(?:docker-)?compose(?:\.[\w-]+)?\.ya?ml|procfile|makefile|vagrantfile|jenkinsfile)$/,
    'left-out',
    'it says how something is built or run',
  ],
  [/\/web(?:\.\w+)?\.config$/, 'left-out', 'settings of IIS, which Holo does not read'],
  [
    /\/(?:nginx\.conf|caddyfile|httpd\.conf|apache2?\.conf|haproxy\.cfg)$/,
    'left-out',
    'settings of another server, which Holo does not read',
  ],
  [/^\/holo\.json$/, 'left-out', ''],
  [/\/wrangler\.(?:toml|jsonc?)$/, 'left-out', 'settings of Wrangler'],

  // Server code of other hosts.
  [/^\/_worker\.(?:js|bundle)$/, 'refused', WORKER_OF_PAGES],
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
  [
    /^\/(?:netlify|supabase)\/(?:edge-)?functions\//,
    'refused',
    `functions of Netlify or Supabase: ${SERVER_CODE}`,
  ],
  // JavaScript in `/api` is often a page's own, as in the output of documentation tools.
  [
    /^\/api\/.*\.(?:[cm]?tsx?|py|go|rb|rs)$/,
    'refused',
    `functions of Vercel or Azure: ${SERVER_CODE}`,
  ],
  // Editors leave copies with another ending, which no server runs.
  [
    /\.(?:php\d?|phtml|phps|phar|pht|asp|aspx|ashx|asmx|ascx|cshtml|vbhtml|razor|jspx?|cfm|cfc|cgi|erb)(?:~|\.(?:bak|old|orig|save|swp))?$/,
    'refused',
    SERVER_CODE,
  ],
  [/\.(?:war|ear)$/, 'refused', JAVA_APP],
  [/\/(?:(?:manage|wsgi|asgi)\.py|config\.ru)$/, 'refused', SERVER_CODE],
  // Settings of servers, which may contain connection strings.
  [/\/appsettings(?:\.[\w-]+)?\.json$/, 'refused', 'settings of a server (ASP.NET)'],
  [
    /\/(?:local\.settings\.json|launchsettings\.json|wp-config[^/]*|settings\.local\.\w+|(?:local_)?settings\.py|database\.(?:ya?ml|ini)|parameters\.ya?ml|ormconfig\.(?:json|ya?ml)|application(?:-\w+)?\.(?:ya?ml|properties)|connectionstrings\.config|tomcat-users\.xml|hibernate\.cfg\.xml)$/,
    'refused',
    'settings of a server',
  ],

  // Keys and credentials.
  [/\/(?:id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|[^/]*_rsa|ssh_host_[^/]*_key)$/, 'refused', KEY],
  [
    /\.(?:p12|pfx|jks|keystore|kdbx?|1pux|ppk|pvk|p8|bcfks|ovpn|agekey)$|\/(?:secring\.gpg|wallet\.dat|utc--\d{4}-[^/]*|wg\d+\.conf)$/,
    'refused',
    'a store of keys',
  ],
  [/\.key$/, 'refused', KEY],
  [
    /\/(?:[^/]*[._-])?(?:service[-_]?account|firebase-adminsdk|gcp-key|gcloud)[^/]*\.json$/,
    'refused',
    'the key of a service account',
  ],
  [/\/(?:client_secret|oauth_secret)[^/]*\.json$/, 'refused', CREDENTIALS],
  [
    /\/(?:(?:[^/]*[._-])?credentials\.(?:json|csv|ya?ml|ini|xml)|(?:aws-?)?credentials)$|\/(?:[^/]*_)?accesskeys\.csv$/,
    'refused',
    CREDENTIALS,
  ],
  [
    /\/(?:[^/]*[._-])?(?:user)?secrets?(?:[._-][\w-]+)?\.(?:json|ya?ml|toml|env|properties)$|\/secrets?(?:\.[\w-]+)?\.txt$|\/(?:admin-token|vault[_-]pass(?:word)?[^/]*)$/,
    'refused',
    CREDENTIALS,
  ],
  [
    /\/(?:application_default_credentials|bitwarden[_-](?:encrypted[_-])?export[^/]*)\.(?:json|csv)$|\/(?:(?:keystore|key|sentry|local|gradle)\.properties|pip\.conf|nuget\.config|my\.cnf|odbc\.ini)$/,
    'refused',
    CREDENTIALS,
  ],
  // Passwords of Surge and of Cloud Foundry, which would have protected the pages.
  [/^\/(?:auth|staticfile\.auth)$/, 'refused', 'passwords for the pages of another host'],
  [
    /\/(?:kubeconfig(?:\.ya?ml)?|[^/]*\.kubeconfig)$/,
    'refused',
    'credentials of a Kubernetes cluster',
  ],
  [
    /\.(?:tfstate(?:\.\d+)?(?:\.backup)?|tfvars(?:\.json)?|tfplan)$/,
    'refused',
    'state or variables of Terraform, which hold secrets in plain text',
  ],
  [/\/(?:[^/]+\.env|env\.(?:local|production|development|staging))$/, 'refused', VARIABLES],
  [/\/(?:htpasswd|_netrc|pgpass\.conf)$/, 'refused', CREDENTIALS],
  [/\.(?:rdb|aof|dump|bak|mdb|sql\.(?:gz|bz2|xz|zst|zip))$/, 'refused', DUMP],
  [
    /\/(?:[^/]*[._-])?(?:backup|dump)s?(?:[._-][^/]*)?\.(?:sql|sqlite3?|db|csv|zip|gz|tgz|tar|7z)$/,
    'refused',
    DUMP,
  ],

  [
    /\.(?:har|hprof|heapsnapshot|pcap(?:ng)?)$/,
    'refused',
    'a recording of memory or of the network, which holds secrets',
  ],

  // Files that may be public on purpose.
  [/\.(?:sql|sqlite3?|db)$/, 'noticed', 'it is a database, which everybody can read'],
  [
    /\/(?:[^/]*[._-])?(?:users?|customers?|members?|clients?|patients?|employees?|subscribers?|e-?mails?)(?:[._-][^/]*)?\.(?:csv|tsv|xlsx?|ods)$/,
    'noticed',
    'it may hold personal data, which everybody can read',
  ],
  [
    /\/(?:[^/]*[._-])?(?:passwords?|logins?)\.(?:csv|tsv|txt|xlsx?|ods)$/,
    'noticed',
    'it may hold passwords, which everybody can read',
  ],
  [
    /\/(?:error|access)_log$|\.log(?:\.\d+)?$/,
    'noticed',
    'it is a log, which may hold addresses and secrets',
  ],
  [/^\/(?:package|composer)\.json$/, 'noticed', 'it tells everybody what the app is built from'],
]

/** The settings of a Blazor app that runs in the browser are public by design. */
const BLAZOR_SETTINGS = /^(.*)\/appsettings(?:\.[\w-]+)?\.json$/i

/** What frameworks with server-side rendering write beside the folder for browsers. */
const SERVER_BUNDLE =
  /^\/server\/(?:(?:entry|index|main|server|handler|manifest)[^/]*|chunks\/.*)\.[cm]?js$/
const CLIENT_FOLDERS = ['/client', '/browser', '/public']

/** The verdict on a file or a folder by its manifest path; `undefined` if it is simply published. */
export function judgeName(
  path: string,
  isFolder: boolean,
  isThere: (path: string) => boolean,
): FileVerdict | undefined {
  const lower = path.toLowerCase()
  const rule = (isFolder ? FOLDER_RULES : RULES).find(([pattern]) => pattern.test(lower))
  if (!rule && isFolder) return undefined
  if (!rule) {
    const client = SERVER_BUNDLE.test(lower) ? CLIENT_FOLDERS.find(isThere) : undefined
    if (client === undefined) return undefined
    return { kind: 'refused', what: `${SERVER_CODE}: publish ${client} instead` }
  }
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
  return /\.json$/i.test(path) ? findGoogleCredentials(content) : undefined
}

function findGoogleCredentials(content: Uint8Array): string | undefined {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  if (text.includes('"service_account"') && text.includes('"private_key"')) {
    return 'the key of a service account'
  }
  const isUser = text.includes('"authorized_user"') && text.includes('"refresh_token"')
  return isUser ? CREDENTIALS : undefined
}

function holdsPrivateKey(content: Uint8Array): boolean {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  if (bytes.includes(SIGN_OF_KEY)) return PRIVATE_KEY.test(bytes.toString('latin1'))
  return bytes.subarray(0, SIGN_OF_PUTTY.length).equals(SIGN_OF_PUTTY)
    ? PUTTY_KEY.test(bytes.toString('latin1', 0, 64))
    : false
}
