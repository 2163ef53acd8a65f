// A small GraphQL endpoint: operations of nested fields with arguments and variables, no fragments.
// It follows GraphQL over HTTP in what a proxy could spoil: GET and POST, 405 for a mutation by GET,
// 400 for what cannot be parsed, `data` and `errors` side by side.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Field, parseOperation, type Variables } from './graphql-query.ts'
import { listen } from './listen.ts'

type Result = { data: Record<string, unknown>; errors?: { message: string; path: string[] }[] }

const MEDIA_TYPE = 'application/graphql-response+json'
const books = [
  { id: '1', title: 'Middlemarch', author: { name: 'George Eliot' } },
  { id: '2', title: 'Der Zauberberg', author: { name: 'Thomas Mann' } },
]

const RESOLVERS: Record<string, (variables: Variables) => unknown> = {
  books: () => books,
  book: ({ id }) => books.find((book) => book.id === id) ?? null,
  addBook: ({ title, author }) => {
    const book = { id: String(books.length + 1), title: `${title}`, author: { name: `${author}` } }
    books.push(book)
    return book
  },
}

const server = createServer(async (request, response) => {
  const { query, variables } = await readAsked(request)
  const operation = parseOperation(query, variables)
  if (!operation) return answer(response, 400, { errors: [{ message: 'cannot be parsed' }] })
  if (operation.type === 'mutation' && request.method === 'GET') {
    response.setHeader('Allow', 'POST')
    return answer(response, 405, { errors: [{ message: 'a mutation is sent by POST' }] })
  }
  return answer(response, 200, execute(operation.fields))
})

async function readAsked(
  request: IncomingMessage,
): Promise<{ query: string; variables: Variables }> {
  if (request.method === 'POST') return JSON.parse(await text(request))
  const { searchParams } = new URL(request.url ?? '', 'http://graphql')
  const variables = JSON.parse(searchParams.get('variables') ?? '{}')
  return { query: searchParams.get('query') ?? '', variables }
}

function execute(fields: readonly Field[]): Result {
  const result: Result = { data: {} }
  for (const { name, variables, fields: inner } of fields) {
    const resolve = RESOLVERS[name]
    if (resolve) {
      result.data[name] = select(resolve(variables), inner)
    } else {
      result.data[name] = null
      result.errors = [...(result.errors ?? []), { message: `no field ${name}`, path: [name] }]
    }
  }
  return result
}

/** The fields of a value that were asked for. */
function select(value: unknown, fields: readonly Field[]): unknown {
  if (Array.isArray(value)) return value.map((item) => select(item, fields))
  if (typeof value !== 'object' || value === null) return value
  const from = value as Record<string, unknown>
  return Object.fromEntries(fields.map(({ name, fields: of }) => [name, select(from[name], of)]))
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': MEDIA_TYPE }).end(JSON.stringify(body))
}

await listen(server)
