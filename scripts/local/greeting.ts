// What `npm start` prints: the address, what to look at, and commands that can be copied.

import { join, relative } from 'node:path'
import { toShellWord } from '../../src/cli/words.ts'
import { FIRST_TOKEN_FILE } from '../../src/local/first-token.ts'
import { describeDashboard } from '../../src/local/sign-in.ts'
import type { NextRelease } from './shop.ts'

/**
 * @param next the unpublished release, if the example shop runs.
 * @param signInLink opens the dashboard, once; `undefined` if none could be made.
 * @param hasVisitors whether simulated visitors walk through the shop.
 */
export function greet(
  url: URL,
  data: string,
  next: NextRelease | undefined,
  signInLink: string | undefined,
  hasVisitors: boolean,
): void {
  const kept = relative(process.cwd(), data) || '.'
  const folder = kept.startsWith('..') ? data : kept
  const kv = `--binding ASSIGNMENTS --local --persist-to ${toShellWord(folder)}`
  console.log(`
Holo is running at ${url.origin} (Ctrl-C ends it)

Dashboard: ${describeDashboard(url, signInLink)}
${
  hasVisitors
    ? '  its visitors are simulated: people walk through the shop all the time (--no-visitors for none)\n'
    : ''
}
${next ? toSights(url.origin) : `This is the edge with what ${folder} holds; without assignments it answers 503.`}

In another terminal, for the commands below
  export HOLO_URL=${url.origin} HOLO_TOKEN=$(cat ${toShellWord(join(folder, FIRST_TOKEN_FILE))})
  npx holo status
${next ? toRelease(next, join(folder, relative(data, next.folder))) : ''}
By hand: edit "traffic", raise "revision", put the document back; the next reload shows it
  npx wrangler kv key get assignments ${kv} > assignments.json
  npx wrangler kv key put assignments --path assignments.json ${kv}

The API is described at ${url.origin}/.holo/api/openapi.json
  curl -s -H "Authorization: Bearer $HOLO_TOKEN" ${url.origin}/.holo/api/health
`)
}

/** Without --yes, commands that move visitors ask for a confirmation. */
function toRelease({ version, backend }: NextRelease, folder: string): string {
  const service = toShellWord(`/api/=${backend.origin}`)
  return `
Release ${version} of the shop, which is built and whose backend runs
  npx holo publish ${toShellWord(folder)} --version ${version} --service ${service}
  npx holo point canary ${version} --yes
  npx holo shift canary=10 --yes
  npx holo rollback --yes
or, step by step and by itself, until there is evidence against it
  npx holo rollout start ${version} --yes
  npx holo rollout status
`
}

function toSights(origin: string): string {
  return `Look at
  ${origin}                  95 % of visitors get shop 0.0.3, 5 % get 0.0.5
                                         every private window is a new visitor; F12 shows Holo-Version
  document.cookie = 'staff=1'            in the console: a rule sends staff to the canary, 0.0.5
  curl -sI -H 'accept: text/html' ${origin}/ | grep -i holo`
}
