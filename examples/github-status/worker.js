// A receiver of Holo's webhooks that tells GitHub: a deployment with its status for each environment, and a
// commit status beside the commit. It keeps nothing: whatever arrives twice is told twice, and stays the same.

import { createHmac, timingSafeEqual } from 'node:crypto'

const GITHUB = 'https://api.github.com'
const LONGEST_TEXT = 140

export default {
  async fetch(request, env) {
    const body = await request.text()
    const event = verify(env.HOLO_SECRET, request.headers, body)
    if (!event) return new Response('not signed by Holo', { status: 401 })
    const told = toTold(event)
    if (!told) return new Response(null, { status: 204 })
    const commit = await findCommit(env, told.version)
    // A version that was published without a commit has no place at GitHub.
    if (!commit) return new Response(null, { status: 204 })
    await tell(env, commit, told)
    return new Response(null, { status: 204 })
  },
}

/** What is told of an event: of which version, in which environment, and how it stands. */
export function toTold({ type, data }) {
  const { environment, version, text, link } = data
  const told = (state) => ({ environment, version, state, text, link })
  switch (type) {
    case 'environment.changed':
      // The start of a rollout is told by the rollout itself.
      if (version === undefined || data.action === 'rollout-start') return undefined
      return told('success')
    case 'rollout.started':
    case 'rollout.stepped':
    case 'rollout.paused':
    case 'rollout.resumed':
    case 'rollout.waiting':
    case 'rollout.stalled':
      return told('in_progress')
    case 'rollout.ended':
      return told(data.outcome === 'promoted' ? 'success' : 'failure')
    default:
      return undefined
  }
}

async function findCommit({ HOLO_URL, HOLO_TOKEN }, version) {
  const url = `${HOLO_URL}/.holo/api/versions/${encodeURIComponent(version)}`
  const response = await ask(url, { headers: { authorization: `Bearer ${HOLO_TOKEN}` } })
  // A version that Holo has deleted meanwhile.
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`Holo answered ${response.status}`)
  const { record } = await response.json()
  return record?.commit
}

async function tell(env, commit, { environment, state, text, link }) {
  const description = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text
  const query = new URLSearchParams({ sha: commit, environment, per_page: '1' })
  const [known] = await github(env, 'GET', `/deployments?${query}`)
  const deployment =
    known ??
    (await github(env, 'POST', '/deployments', {
      ref: commit,
      environment,
      description: 'by Holo',
      auto_merge: false,
      required_contexts: [],
    }))
  await github(env, 'POST', `/deployments/${deployment.id}/statuses`, {
    state,
    description,
    log_url: link,
    environment_url: env.HOLO_URL,
  })
  await github(env, 'POST', `/statuses/${commit}`, {
    state: state === 'in_progress' ? 'pending' : state,
    context: `holo/${environment}`,
    description,
    target_url: link,
  })
}

/** Throws if GitHub does not take it: Holo gets a 500 then, and sends the event again later. */
async function github(env, method, path, json) {
  const response = await ask(`${env.GITHUB_API ?? GITHUB}/repos/${env.GITHUB_REPOSITORY}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${env.GITHUB_TOKEN}`,
      accept: 'application/vnd.github+json',
      'content-type': 'application/json',
      'user-agent': 'holo-github-status',
      'x-github-api-version': '2022-11-28',
    },
    ...(json ? { body: JSON.stringify(json) } : {}),
  })
  if (!response.ok) throw new Error(`GitHub answered ${response.status} to ${method} ${path}`)
  return response.json()
}

/** Holo waits ten seconds for all of it. */
function ask(url, options) {
  return fetch(url, { ...options, signal: AbortSignal.timeout(2500) })
}

/** As in docs/webhooks.md; `undefined` if Holo did not send it lately. */
function verify(secret, headers, body) {
  const [id, at] = [headers.get('webhook-id'), headers.get('webhook-timestamp')]
  if (!(Math.abs(Date.now() / 1000 - Number(at)) < 300)) return undefined
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const expected = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest()
  const isRight = (headers.get('webhook-signature') ?? '').split(' ').some((one) => {
    const given = Buffer.from(one.replace('v1,', ''), 'base64')
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
  return isRight ? JSON.parse(body) : undefined
}
