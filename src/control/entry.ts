// The control as the platform starts it. What does the work is loaded with the first call, so that an isolate that
// only answers visitors evaluates nothing of it.

import { DurableObject } from 'cloudflare:workers'
import type { ControlCalls } from './contract.ts'
import type { Control as Core } from './control.ts'
import type { ControlEnv } from './parts.ts'

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

export class ControlEntry extends DurableObject<ControlEnv> {
  #core: Core | undefined

  static {
    for (const name of Object.keys(CALLS) as (keyof ControlCalls)[]) {
      const call = async function (this: ControlEntry, ...args: never) {
        const core = await this.#load()
        return (core[name] as (...args: never) => unknown).apply(core, args)
      }
      // As methods are that a class declares: the platform calls what is on the prototype.
      Object.defineProperty(ControlEntry.prototype, name, { value: call, writable: true })
    }
  }

  async #load(): Promise<Core> {
    const { Control } = await import('./control.ts')
    // Calls that came at the same time share one.
    this.#core ??= new Control(this.ctx, this.env)
    return this.#core
  }

  override async fetch(request: Request): Promise<Response> {
    return (await this.#load()).fetch(request)
  }

  override async alarm(): Promise<void> {
    return (await this.#load()).alarm()
  }

  override async webSocketMessage(socket: WebSocket, message: unknown): Promise<void> {
    return (await this.#load()).webSocketMessage(socket, message)
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    return (await this.#load()).webSocketClose(socket)
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    return (await this.#load()).webSocketError(socket)
  }
}
