// Holo's router with a control that answers as late as if it were far away: `/bench/control?ms=200` sets the delay,
// and with `?ms=down` it does not answer at all. It runs in workerd without bundling.

import { createRouter } from './router.js'

let far = '0'
let calls = 0

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const toFar = (control) => ({
  sync: async (report) => {
    calls++
    if (far === 'down') throw new Error('the control is down')
    await sleep(Number(far) / 2)
    const answer = await control.sync(report)
    await sleep(Number(far) / 2)
    return answer
  },
})

let router

// biome-ignore lint/style/noDefaultExport: it is how a Worker is declared
export default {
  fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/bench/control') {
      far = searchParams.get('ms') ?? far
      return Response.json({ calls })
    }
    const CONTROL = { getByName: (name) => toFar(env.CONTROL.getByName(name)) }
    router ??= createRouter({ ...env, CONTROL })
    return router(request, ctx)
  },
}
