// Makes the wrangler.toml of a project that uses the package, out of that of the repository: the Worker and the
// dashboard are already built, and where they are is filled in by `holo deploy`.

/** Stands for the path from wrangler.toml to the package. */
const PACKAGE = '{{package}}'

const BUILD = `# The Worker, its source map and the dashboard come built with the package. The bundle is minified; stack traces in
# \`npx wrangler tail\` stay readable: Cloudflare applies the source map after the Worker has run.
no_bundle = true
find_additional_modules = false
upload_source_maps = true
`

/** @throws Error when the repository's file no longer has one of the parts that are replaced. */
export function toTemplate(toml: string): string {
  const replace = (text: string, part: RegExp, by: string) => {
    if (!part.test(text)) throw new Error(`wrangler.toml has nothing like ${part}`)
    return text.replace(part, by)
  }
  const steps: readonly (readonly [RegExp, string])[] = [
    [/^(?:# .*\n)+name = "holo"\n/, HEAD],
    [/^main = ".*"$/m, `main = "${PACKAGE}/dist/worker/worker.js"`],
    [/^# The bundle is minified[\s\S]*?keep_names = false\n/m, BUILD],
    [/^# flagd's evaluator[\s\S]*?no-hash\.ts"\n\n/m, ''],
    [/^# The dashboard at[\s\S]*?\n\[build\]\n.*\n\n/m, ASSETS],
    [/^directory = ".*"$/m, `directory = "${PACKAGE}/dist/dashboard"`],
    [
      /^# The first token of the admin API[\s\S]*?\n\n/m,
      '# The first token of the admin API is the secret HOLO_ADMIN_TOKEN, which `holo deploy` makes.\n\n',
    ],
  ]
  return steps.reduce((text, [part, by]) => replace(text, part, by), toml)
}

const HEAD = `# Holo, deployed with \`npx holo deploy\`. One Worker, two stores: wrangler creates the KV namespace and the R2
# bucket if they do not exist, so no id has to be typed in here. What you change stays: \`holo deploy\` uses this
# file as it is, and says what a newer release needs.
name = "{{name}}"
`

const ASSETS = `# The dashboard at /.holo/. Its files are static assets: the Worker reads them through the binding and an isolate
# does not load them.
`
