// Reads an exported document, and writes it with another shadow of `main`: `node set-shadow.ts TO PERCENT`, or
// `node set-shadow.ts off`.

import { text } from 'node:stream/consumers'

const [to, percent] = process.argv.slice(2)
if (to === undefined || (to !== 'off' && !(Number(percent) > 0))) {
  throw new Error('an environment and its share in percent are needed, or "off"')
}
const exported = JSON.parse(await text(process.stdin))
const document = exported.document ?? exported
const { shadow: _, ...main } = document.environments.main
const shadow = {
  to,
  percent: Number(percent),
  paths: ['/api/**'],
  by: 'request',
  perSecond: 100,
  concurrent: 20,
  // An answer that comes half a second later than the old one's is a difference; one after a second counts as none.
  timeoutMs: 1000,
  compare: { slowerMs: 500 },
}
document.environments.main = to === 'off' ? main : { ...main, shadow }
console.log(JSON.stringify(document))
