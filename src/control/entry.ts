// The control as the platform starts it. What does the work is loaded with the first call, so that an isolate that
// only answers visitors evaluates nothing of it. If a newer Holo has written the storage, each call is refused
// before anything reads or changes it.

import { DurableObject } from 'cloudflare:workers'
import { err } from '../core/result.ts'
import type { ControlCalls, DeniedResult } from './contract.ts'
import type { Control } from './control.ts'
import type { ControlEnv, ControlSeams } from './seams.ts'
import { isNewerStorage } from './storage-schema.ts'

/** All calls by name; the type makes sure that none is missing. */
const CALLS: Readonly<Record<keyof ControlCalls, true>> = {
  abortUpload: true,
  addWebhook: true,
  audit: true,
  authenticate: true,
  beginVerification: true,
  change: true,
  collect: true,
  commandRollout: true,
  createPreview: true,
  createToken: true,
  deliveries: true,
  document: true,
  error: true,
  errors: true,
  events: true,
  experiments: true,
  explainRollout: true,
  filesToCheck: true,
  finalisedManifests: true,
  finishUpload: true,
  flagCounts: true,
  freeze: true,
  health: true,
  keepSoak: true,
  lostFiles: true,
  makeCode: true,
  metrics: true,
  metricsSince: true,
  openUpload: true,
  previews: true,
  protection: true,
  readFreeze: true,
  readWindows: true,
  recordFiles: true,
  recordVerified: true,
  redeliver: true,
  removeWebhook: true,
  resumeWebhook: true,
  retire: true,
  revision: true,
  revisions: true,
  revokePreview: true,
  revokeToken: true,
  rollout: true,
  rolloutEvents: true,
  rollouts: true,
  rotatePreviewKeys: true,
  services: true,
  setWindows: true,
  shadows: true,
  signIn: true,
  signOut: true,
  soaks: true,
  startRollout: true,
  sync: true,
  testWebhook: true,
  tokens: true,
  unfreeze: true,
  upload: true,
  verify: true,
  versionUses: true,
  watch: true,
  webhooks: true,
}

const REFUSAL =
  'a newer Holo has written the storage of the control: deploy that release again. Until then, changes are refused'

const NEWER: DeniedResult = { kind: 'denied', denial: 'newer_schema' }

export class ControlEntry extends DurableObject<ControlEnv> {
  readonly #seams: Partial<ControlSeams>
  #core: Control | undefined
  #isRefusalLogged = false

  constructor(ctx: DurableObjectState, env: ControlEnv, seams: Partial<ControlSeams> = {}) {
    super(ctx, env)
    this.#seams = seams
  }

  static {
    for (const name of Object.keys(CALLS) as (keyof ControlCalls)[]) {
      const call = async function (this: ControlEntry, ...args: never) {
        const core = await this.#load()
        if (!core) return refuse(name)
        return (core[name] as (...args: never) => unknown)(...args)
      }
      // As methods are that a class declares: the platform calls what is on the prototype.
      Object.defineProperty(ControlEntry.prototype, name, { value: call, writable: true })
    }
  }

  /** Returns `undefined` if a newer Holo has written the storage. */
  async #load(): Promise<Control | undefined> {
    if (!this.#core && isNewerStorage(this.ctx.storage.sql)) {
      if (!this.#isRefusalLogged) console.error(REFUSAL)
      this.#isRefusalLogged = true
      return undefined
    }
    const { createControl } = await import('./control.ts')
    // Calls that came at the same time share one.
    this.#core ??= createControl(this.ctx, this.env, this.#seams)
    return this.#core
  }

  override async fetch(request: Request): Promise<Response> {
    const core = await this.#load()
    return core ? core.fetch(request) : Response.json(NEWER, { status: 503 })
  }

  override async alarm(): Promise<void> {
    // The cron of the newer Holo sets the alarm again.
    return (await this.#load())?.alarm()
  }

  override async webSocketMessage(socket: WebSocket, message: unknown): Promise<void> {
    return (await this.#load())?.webSocketMessage(socket, message)
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    return (await this.#load())?.webSocketClose(socket)
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    return (await this.#load())?.webSocketError(socket)
  }
}

/**
 * The answer to a call of a storage that only a newer Holo can read. An isolate that reports keeps what it
 * counted and reads KV, as it does if the control is down.
 */
function refuse(name: keyof ControlCalls) {
  if (name === 'sync') throw new Error(REFUSAL)
  return name === 'watch' ? undefined : err(NEWER)
}
