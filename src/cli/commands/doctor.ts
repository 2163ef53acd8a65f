// `holo doctor`: looks at the project and at the site for what is known to hurt, and says what to do about it.

import type { z } from 'zod'
import { doctorOutput } from '../../wire/output.ts'
import { createApi } from '../api.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { type Diagnosis, diagnosesOf } from '../doctor/diagnosis.ts'
import { checkProject } from '../doctor/project-checks.ts'
import { checkAccess, checkSite } from '../doctor/site-checks.ts'
import { CliFailure } from '../failure.ts'
import { chooseTarget, type Target } from '../target.ts'
import { toCount } from '../words.ts'

const access = diagnosesOf('access')

export const DOCTOR = command({
  name: 'doctor',
  about:
    'Looks for what hurts: settings of the zone, the token, the version of the Worker, holo.json, wrangler.toml, the build. Exit code 1 if something is wrong.',
  scope: 'none',
  arguments: [{ name: '[target]', about: 'a target of holo.json; the default one if left out' }],
  options: [{ flags: '--url <address>', about: 'the address of the site, instead of a target' }],
  examples: [
    { command: 'holo doctor', about: 'in the folder of the project' },
    { command: 'holo doctor --url https://shop.example.com', about: 'a site, from anywhere' },
  ],
  shape: doctorOutput,
  run: async (context, [name]: [string | undefined], options: SharedOptions) => {
    const { cwd, installation, signal } = context
    const found = await checkProject({ cwd, packageRoot: installation.root })
    const target = await findTarget(context, name, options.url)
    if (target instanceof CliFailure) {
      found.push(access.unknown('the site', target.message, target.details.hint))
    } else {
      const site = await checkSite(target.url, signal)
      const isThere = site[0]?.state === 'fine'
      found.push(...site, ...(isThere ? await checkTarget(context, target) : []))
    }
    const wrong = found.filter(({ state }) => state === 'wrong').length
    const warnings = found.filter(({ state }) => state === 'warning').length
    const json: z.input<typeof doctorOutput> = {
      ...(target instanceof CliFailure ? {} : { target: target.name, url: target.url.origin }),
      wrong,
      warnings,
      checks: found.map((one) => ({ ...one })),
    }
    const sum = `${toCount(wrong, 'thing')} wrong, ${toCount(warnings, 'warning')}`
    return {
      json,
      lines: [...found.flatMap((one) => toLines(context, one)), '', sum],
      exitCode: wrong > 0 ? 1 : 0,
    }
  },
})

/**
 * The target; without its token where its host is not trusted.
 *
 * @throws CliFailure when the command line is wrong. Where no target is known, that failure is returned.
 */
async function findTarget(
  { cwd, env }: Context,
  name: string | undefined,
  url: string | undefined,
): Promise<Target | CliFailure> {
  try {
    const surroundings = { cwd, env, askForTrust: undefined }
    return await chooseTarget({ url, target: name }, surroundings)
  } catch (cause) {
    const isSaid = name !== undefined || url !== undefined
    if (cause instanceof CliFailure && (!isSaid || cause.code === 'not_trusted')) return cause
    throw cause
  }
}

async function checkTarget(
  { signal, installation }: Context,
  target: Target,
): Promise<Diagnosis[]> {
  if (target.token === undefined) {
    const mend = 'set HOLO_TOKEN to see more: the token, the document and the files'
    return [access.unknown('the token', 'there is none', mend)]
  }
  const api = createApi(target, { signal, note: () => {} })
  return checkAccess(api, installation.version, Date.now())
}

function toLines({ style }: Context, { check, state, message, mend }: Diagnosis): string[] {
  const paint = { fine: style.green, warning: style.yellow, wrong: style.red, unknown: style.dim }
  return [
    `${paint[state](state.padEnd(7))}  ${check}: ${message}`,
    ...(mend === undefined ? [] : [style.dim(`         ${mend}`)]),
  ]
}
