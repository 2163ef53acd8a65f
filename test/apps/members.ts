// Members only: a form, a login with a cookie for the session and one for the form, redirects to
// absolute addresses built from the Host header as many frameworks build them, and a logout.

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { listen } from './listen.ts'

const PASSWORD = 'correct horse'
const sessions = new Map<string, string>()

const server = createServer(async (request, response) => {
  const own = `http://${request.headers.host}`
  const name = sessions.get(cookieOf(request, 'session') ?? '')
  const page = (status: number, body: string) => {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(body)
  }
  switch (`${request.method} ${request.url}`) {
    case 'GET /members':
      if (name) return page(200, `<h1>Welcome, ${name}</h1>`)
      return response.writeHead(302, { location: `${own}/login?next=%2Fmembers` }).end()
    case 'GET /login?next=%2Fmembers': {
      const token = randomUUID()
      response.setHeader('Set-Cookie', `form=${token}; Path=/; HttpOnly; SameSite=Strict`)
      return page(200, `<form method="post"><input name="token" value="${token}"></form>`)
    }
    case 'POST /login': {
      const form = new URLSearchParams(await text(request))
      const isOwnForm = form.get('token') === cookieOf(request, 'form')
      if (!isOwnForm || form.get('password') !== PASSWORD) return page(403, 'no')
      const session = randomUUID()
      sessions.set(session, form.get('name') ?? '')
      response.setHeader('Set-Cookie', [
        `session=${session}; Path=/; HttpOnly; Expires=Fri, 31 Dec 2100 23:59:59 GMT`,
        'form=; Path=/; Max-Age=0',
      ])
      return response.writeHead(303, { location: `${own}/members` }).end()
    }
    case 'POST /logout':
      sessions.delete(cookieOf(request, 'session') ?? '')
      response.setHeader('Set-Cookie', 'session=; Path=/; Max-Age=0')
      return response.writeHead(303, { location: '/login?next=%2Fmembers' }).end()
    default:
      return page(404, 'nothing here')
  }
})

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split('; ')
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}

await listen(server)
