// Speaks the Model Context Protocol over standard input and output: lists the tools, and makes the call of the API
// that a tool stands for. Every failure of a call is a result that the agent can read.

import { Writable } from 'node:stream'
import { type CallToolResult, fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { toHarmlessJson } from '../../core/harmless-text.ts'
import type { Api } from '../api.ts'
import { CliFailure, refused } from '../failure.ts'
import { readReplyText } from '../replies.ts'
import type { Streams } from '../terminal.ts'
import { type Tool, toToolCall } from './tools.ts'

/** More than an agent can make use of. Lists have a `limit`, so that none has to be longer. */
export const MAX_TOOL_REPLY_BYTES = 262_144

export type McpOptions = {
  readonly api: Api
  readonly tools: readonly Tool[]
  readonly about: string
  readonly version: string
  readonly streams: Pick<Streams, 'stdin' | 'stdout'>
  /** Ends it. */
  readonly signal: AbortSignal
}

/** The library closes the connection at a longer message. Bodies of the API are far below it. */
const MAX_MESSAGE_BYTES = 10 * 1024 * 1024

/**
 * @returns when the client closes its end, or the signal is aborted.
 * @throws CliFailure when the client has sent a message that is too long.
 */
export async function serveMcp(options: McpOptions): Promise<void> {
  const { streams, signal } = options
  const { stdin, stdout } = streams
  const output = new Writable({
    write: (part: Buffer, _, done) => {
      stdout.write(part.toString())
      done()
    },
  })
  const transport = new BoundedTransport(stdin, output, { maxBufferSize: MAX_MESSAGE_BYTES })
  const ended = new Promise<void>((resolve) => {
    transport.whenClosed = resolve
    stdin.once('end', resolve)
    stdin.once('close', resolve)
    signal.addEventListener('abort', () => resolve())
    if (signal.aborted || stdin.destroyed) resolve()
  })
  const handle = serveStdio(() => createServer(options), { transport })
  await ended
  const hasGivenUp = !signal.aborted && !stdin.readableEnded && !stdin.destroyed
  await handle.close()
  if (hasGivenUp) {
    throw refused('too_long', `the client sent a message of more than ${MAX_MESSAGE_BYTES} bytes`)
  }
}

/** Says that it has closed by itself. It stops to read then, so that the end of the input is never seen. */
class BoundedTransport extends StdioServerTransport {
  whenClosed: () => void = () => undefined

  override async close(): Promise<void> {
    await super.close()
    this.whenClosed()
  }
}

function createServer({ api, tools, about, version }: McpOptions): McpServer {
  const server = new McpServer({ name: 'holo', version }, { instructions: about })
  for (const tool of tools) {
    const { name, method, changes } = tool
    server.registerTool(
      name,
      {
        description: tool.about,
        inputSchema: fromJsonSchema<Record<string, unknown>>(tool.input),
        annotations: {
          readOnlyHint: changes === undefined,
          destructiveHint: changes !== undefined,
          idempotentHint: method !== 'POST',
          openWorldHint: false,
        },
      },
      (args) => callTool(api, tool, args),
    )
  }
  return server
}

async function callTool(
  api: Api,
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
): Promise<CallToolResult> {
  try {
    const { path, ...call } = toToolCall(tool, args)
    const response = await api.send(tool.method, path, call)
    if (!response.ok) throw await api.toFailure(response)
    const text = await readReplyText(response, MAX_TOOL_REPLY_BYTES).catch((cause) => {
      throw cause instanceof CliFailure ? tooLong(tool) : cause
    })
    // The revision that a following change is based on is only in the header of some replies.
    const revision = /^"(\d+)"$/.exec(response.headers.get('etag') ?? '')?.[1]
    const notes = revision === undefined ? [] : [`revision ${revision} of the document`]
    return { content: [text, ...notes].map(toContent) }
  } catch (cause) {
    if (!(cause instanceof CliFailure)) throw cause
    return { content: [toContent(toFailureText(cause))], isError: true }
  }
}

const toContent = (text: string) => ({ type: 'text' as const, text: toHarmlessJson(text) })

function tooLong({ name, queryNames }: Tool): CliFailure {
  const hint = queryNames.includes('limit') ? 'ask for fewer with "limit"' : undefined
  const message = `the reply to ${name} has more than ${MAX_TOOL_REPLY_BYTES} bytes`
  return refused('too_long', message, { hint })
}

function toFailureText({ code, message, details }: CliFailure): string {
  const { hint, problems, changes, current, requestId } = details
  return JSON.stringify({ code, message, hint, problems, current, changes, requestId })
}
