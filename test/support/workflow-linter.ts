// GitHub's own parser of workflows, which knows their schema and their expressions. It imports JSON in
// a way that only bundlers take, so it is bundled first.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

type Parser = typeof import('@actions/workflow-parser') &
  Pick<typeof import('@actions/workflow-parser/actions/action-parser'), 'parseAction'>

/** What is wrong with a workflow, or with an `action.yml`, one line each. */
export type Lint = (name: string, content: string) => Promise<readonly string[]>

export async function loadLinter(): Promise<Lint> {
  const folder = await mkdtemp(join(tmpdir(), 'holo-workflows-'))
  const outfile = join(folder, 'parser.mjs')
  try {
    await build({
      stdin: {
        contents: `export * from '@actions/workflow-parser'
export { parseAction } from '@actions/workflow-parser/actions/action-parser'`,
        resolveDir: import.meta.dirname,
      },
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
    })
    const parser = (await import(outfile)) as Parser
    return (name, content) => lint(parser, name, content)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function lint(
  { parseAction, parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter }: Parser,
  name: string,
  content: string,
): Promise<readonly string[]> {
  if (name === 'action.yml') {
    const parsed = parseAction({ name, content }, new NoOperationTraceWriter())
    return parsed.context.errors.getErrors().map(({ message }) => message)
  }
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter())
  const template = value && (await convertWorkflowTemplate(context, value))
  const found = context.errors.getErrors().map(({ message }) => message)
  return [...new Set([...found, ...(template?.errors ?? []).map(({ Message }) => Message)])]
}
