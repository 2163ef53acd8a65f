// Makes the wrangler.toml of a project, with which `holo deploy` deploys the Worker, from the template of the package.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PACKAGE_PATHS, readPart } from '../local/package-parts.ts'

/** In a checkout, where nothing was built, the template is made from the repository's own file. */
const TEMPLATE_MAKER = 'scripts/local/wrangler-template.ts'

/**
 * @param name of the Worker.
 * @param packageFolder from the folder of wrangler.toml, with slashes.
 */
export async function makeWranglerToml(
  root: string,
  name: string,
  packageFolder: string,
): Promise<string> {
  const template = await loadTemplate(root)
  return template.replaceAll('{{name}}', name).replaceAll('{{package}}', packageFolder)
}

async function loadTemplate(root: string): Promise<string> {
  const maker = join(root, TEMPLATE_MAKER)
  if (existsSync(join(root, PACKAGE_PATHS.template)) || !existsSync(maker)) {
    return readPart(root, 'template')
  }
  const { toTemplate } = await import(pathToFileURL(maker).href)
  return toTemplate(await readFile(join(root, 'wrangler.toml'), 'utf8'))
}

/** Whether a wrangler.toml deploys Holo. Then what its owner has changed in it stays. */
export function isOfHolo(toml: string): boolean {
  return /^\s*class_name\s*=\s*["']Control["']/m.test(toml) && /["']ASSIGNMENTS["']/.test(toml)
}
