// The control: the one object that writes the document. It joins the calls (calls/), the alarm and the
// sockets of viewers. parts.ts creates the objects that do the work; contract.ts describes the calls.

import { createAccessCalls } from './calls/access.ts'
import { createCountCalls } from './calls/counts.ts'
import { createDocumentCalls } from './calls/documents.ts'
import { createHealthCalls } from './calls/health.ts'
import { createIsolateCalls } from './calls/isolates.ts'
import { createPreviewCalls } from './calls/previews.ts'
import { createReleaseCalls } from './calls/releases.ts'
import { createRolloutCalls } from './calls/rollouts.ts'
import { createSafetyCalls } from './calls/safety.ts'
import { createWebhookCalls } from './calls/webhooks.ts'
import { CALLER_HEADER, type Caller, type ControlStub, type DeniedResult } from './contract.ts'
import { createParts } from './parts.ts'
import type { ControlEnv, ControlSeams } from './seams.ts'
import { recordStorageSchema } from './storage-schema.ts'

/** The calls, and what the platform starts by itself. `ControlEntry` passes both on. */
export type Control = ControlStub & {
  /** Runs the tasks that are due. Never throws, because the platform would run the alarm again. */
  readonly alarm: () => Promise<void>
  readonly webSocketMessage: (socket: WebSocket, message: unknown) => Promise<void>
  readonly webSocketClose: (socket: WebSocket) => void
  readonly webSocketError: (socket: WebSocket) => void
}

/** Creates missing tables. */
export function createControl(
  ctx: DurableObjectState,
  env: ControlEnv,
  seams: Partial<ControlSeams> = {},
): Control {
  const { sql } = ctx.storage
  const parts = createParts(ctx, ctx.storage, env, seams)
  recordStorageSchema(sql)
  const { access, live, tasks } = parts
  const waitUntil = (work: Promise<unknown>) => ctx.waitUntil(work)

  /** The request of a viewer. A refusal is the JSON of a `DeniedResult`. */
  async function openSocket(request: Request): Promise<Response> {
    const caller: Caller = JSON.parse(request.headers.get(CALLER_HEADER) ?? 'null')
    const admitted = await access.admit(caller)
    const opened = admitted.ok ? live.open(admitted.value) : undefined
    if (opened) return opened
    const denied: DeniedResult = { kind: 'denied', denial: 'too_many_viewers' }
    return Response.json(admitted.ok ? denied : admitted.error, { status: 403 })
  }

  return {
    ...createIsolateCalls(parts, waitUntil),
    ...createDocumentCalls(parts, sql),
    ...createHealthCalls(parts),
    ...createReleaseCalls(parts),
    ...createRolloutCalls(parts),
    ...createSafetyCalls(parts),
    ...createCountCalls(parts),
    ...createAccessCalls(parts),
    ...createPreviewCalls(parts),
    ...createWebhookCalls(parts),
    alarm: () => tasks.run(waitUntil),
    fetch: openSocket,
    webSocketMessage: (socket, message) => live.receive(socket, message),
    webSocketClose: (socket) => live.leave(socket),
    webSocketError: (socket) => live.leave(socket),
  }
}
