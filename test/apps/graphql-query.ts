// Reads a GraphQL operation: nested fields, arguments that are strings or variables. Fragments,
// aliases and directives are not read.

export type Variables = Readonly<Record<string, unknown>>

export type Field = {
  readonly name: string
  /** Its arguments, variables replaced. */
  readonly variables: Variables
  readonly fields: readonly Field[]
}

export type Operation = { readonly type: 'query' | 'mutation'; readonly fields: readonly Field[] }

const TOKEN = /\s*(?:([{}():!,]|\$?\w+)|"([^"\\]*)")/y

/** `undefined` when it is none. */
export function parseOperation(query: string, variables: Variables): Operation | undefined {
  const tokens = tokenise(query)
  const type = tokens[0] === 'mutation' ? 'mutation' : 'query'
  const begin = tokens.indexOf('{')
  if (begin < 0) return undefined
  const reader = { tokens, at: begin + 1, variables }
  const fields = readFields(reader)
  return fields && reader.at === tokens.length ? { type, fields } : undefined
}

type Reader = { readonly tokens: readonly string[]; at: number; readonly variables: Variables }

/** Strings keep their opening quote, to be told from names. */
function tokenise(query: string): string[] {
  const tokens: string[] = []
  const text = query.trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const [, plain, quoted] = TOKEN.exec(text) ?? []
    if (plain === undefined && quoted === undefined) return []
    tokens.push(plain ?? `"${quoted}`)
  }
  return tokens
}

/** Fields up to the brace that closes them. */
function readFields(reader: Reader): Field[] | undefined {
  const fields: Field[] = []
  for (;;) {
    const name = reader.tokens[reader.at++]
    if (name === '}') return fields
    if (name === undefined || !/^\w+$/.test(name)) return undefined
    const variables: Record<string, unknown> = {}
    if (reader.tokens[reader.at] === '(') {
      const end = reader.tokens.indexOf(')', reader.at)
      if (end < 0) return undefined
      const given = reader.tokens.slice(reader.at + 1, end).filter((token) => token !== ',')
      for (let i = 0; i < given.length; i += 3) {
        const value = given[i + 2] ?? ''
        variables[given[i] ?? ''] = value.startsWith('$')
          ? reader.variables[value.slice(1)]
          : value.replace(/^"/, '')
      }
      reader.at = end + 1
    }
    let inner: Field[] | undefined = []
    if (reader.tokens[reader.at] === '{') {
      reader.at++
      inner = readFields(reader)
    }
    if (!inner) return undefined
    fields.push({ name, variables, fields: inner })
  }
}
