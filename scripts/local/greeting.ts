// What `npm start` prints: the address, what to look at, and commands that work as they stand.

import { join, relative } from 'node:path'
import { FIRST_TOKEN_FILE } from './first-token.ts'

export function greet(url: URL, data: string, withShop: boolean): void {
  const kept = relative(process.cwd(), data) || '.'
  const folder = kept.startsWith('..') ? data : kept
  const kv = `--binding ASSIGNMENTS --local --persist-to ${toShellWord(folder)}`
  console.log(`
Holo is running at ${url.origin} (Ctrl-C ends it)

${withShop ? toSights(url.origin) : `This is the edge with what ${folder} holds; without assignments it answers 503.`}

Shift traffic: edit "traffic", raise "revision", put the document back; the next reload shows it
  npx wrangler kv key get assignments ${kv} > assignments.json
  npx wrangler kv key put assignments --path assignments.json ${kv}

Or ask the API, described at ${url.origin}/.holo/api/openapi.json
  TOKEN=$(cat ${toShellWord(join(folder, FIRST_TOKEN_FILE))})
  curl -s -H "Authorization: Bearer $TOKEN" ${url.origin}/.holo/api/health
`)
}

function toSights(origin: string): string {
  return `Look at
  ${origin}                  95 % of visitors get shop 0.0.3, 5 % get 0.0.5
                                         every private window is a new visitor; F12 shows Holo-Version
  document.cookie = 'staff=1'            in the console: a rule sends staff to the canary, 0.0.5
  curl -sI -H 'accept: text/html' ${origin}/ | grep -i holo`
}

/** Quoted for a POSIX shell where it would not be one plain word. */
function toShellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
