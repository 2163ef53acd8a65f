// Everything that the alarm and the watchdog run, in this order. tasks.ts runs it.

import type { Draining } from './drain/draining.ts'
import type { Probing } from './health/probing.ts'
import type { Outbox } from './outbox.ts'
import type { Publisher } from './publishing/publisher.ts'
import type { Retiring } from './releases/collecting.ts'
import type { Sampling } from './releases/sampling.ts'
import type { Confirmations } from './rollouts/confirming.ts'
import type { Rollouts } from './rollouts/driver.ts'
import type { Measuring } from './rollouts/measuring.ts'
import type { Smoking } from './rollouts/smoking.ts'
import type { Freezing } from './safety/freezing.ts'
import type { Task } from './tasks.ts'
import type { Delivering } from './webhooks/delivering.ts'

/** The parts of the control that wait for a time. */
export type Waiting = {
  readonly rollouts: Rollouts
  readonly publisher: Publisher
  readonly retiring: Retiring
  readonly freezing: Freezing
  readonly draining: Draining
  readonly confirming: Confirmations
  readonly smoking: Smoking
  readonly measuring: Measuring
  readonly probing: Probing
  readonly sampling: Sampling
  readonly outbox: Outbox
  readonly delivering: Delivering
}

export function listTasks(waiting: Waiting, now: () => number): readonly Task[] {
  const { rollouts, publisher, retiring, freezing, draining, confirming } = waiting
  const { smoking, measuring, probing, sampling, outbox, delivering } = waiting
  return [
    {
      name: 'rollouts',
      dueAt: () => rollouts.dueAt(),
      run: () => rollouts.run(),
      isRunning: () => rollouts.isLooking,
    },
    {
      name: 'publication',
      dueAt: () => publisher.dueAt,
      run: () => publisher.run(),
      isRunning: () => publisher.isRunning,
    },
    {
      name: 'retention',
      dueAt: () => retiring.dueAt(),
      run: () => retiring.run(),
      isRunning: () => retiring.isRunning,
    },
    {
      name: 'freeze',
      dueAt: () => freezing.dueAt(),
      run: () => freezing.run(),
      isRunning: () => false,
    },
    {
      name: 'drains',
      dueAt: () => draining.dueAt(),
      run: () => draining.run(),
      isRunning: () => false,
    },
    {
      name: 'confirmations',
      dueAt: () => confirming.dueAt(),
      run: () => confirming.run(),
      isRunning: () => confirming.isRunning,
      isSlow: true,
    },
    {
      name: 'smoke',
      dueAt: () => smoking.dueAt(),
      run: () => smoking.run(),
      isRunning: () => smoking.isRunning,
      isSlow: true,
    },
    {
      name: 'checks',
      dueAt: () => measuring.dueAt(),
      run: () => measuring.run(),
      isRunning: () => measuring.isRunning,
      isSlow: true,
    },
    {
      name: 'probes',
      dueAt: () => probing.nextDueAt(now()),
      run: () => probing.run(now()),
      isRunning: () => probing.isLooking,
      isSlow: true,
    },
    {
      name: 'files',
      dueAt: () => sampling.dueAt(),
      run: () => sampling.run(),
      isRunning: () => sampling.isRunning,
      isSlow: true,
    },
    {
      name: 'events',
      dueAt: () => outbox.dueAt(),
      run: () => outbox.run(),
      isRunning: () => outbox.isRunning,
      isSlow: true,
    },
    {
      name: 'webhooks',
      dueAt: () => delivering.dueAt(),
      run: () => delivering.run(),
      isRunning: () => delivering.isRunning,
      isSlow: true,
    },
  ]
}
