// What somebody tells a running rollout. What cannot be taken back is asked first.

import { signal } from '@preact/signals'
import type { RolloutCommand } from '../../wire/rollouts.ts'
import { type CallFailure, call } from '../api/client.ts'
import { announce } from '../parts/notices.tsx'
import { readAfterChange } from './live.ts'

export type AskedCommand = {
  readonly id: number
  readonly command: RolloutCommand
  readonly version: string
  readonly failure?: CallFailure | undefined
  readonly isRunning?: boolean
}

export const askedCommand = signal<AskedCommand | undefined>(undefined)

type CommandWords = {
  readonly label: string
  readonly title: (version: string) => string
  readonly about: string
  readonly isDanger?: true
}

export const COMMAND_WORDS: Readonly<Record<RolloutCommand, CommandWords>> = {
  pause: {
    label: 'Pause',
    title: (version) => `Pause the rollout of ${version}`,
    about: 'Nothing moves by itself any more. Evidence against the release still takes it back.',
  },
  resume: {
    label: 'Resume',
    title: (version) => `Resume the rollout of ${version}`,
    about: 'It goes on with its plan, with the weight of its present step.',
  },
  advance: {
    label: 'Next step',
    title: (version) => `Move ${version} to its next step`,
    about: 'More visitors get it now, whatever the present gate asks for.',
  },
  promote: {
    label: 'Give it to everybody',
    title: (version) => `Give ${version} to everybody`,
    about: 'Everybody gets it now, whatever the gates ask for, and the rollout is over.',
  },
  abort: {
    label: 'Take it back',
    title: (version) => `Take ${version} back`,
    about: 'Its visitors get the base again within seconds, and the rollout is over.',
    isDanger: true,
  },
}

export function askForCommand(id: number, command: RolloutCommand, version: string): void {
  askedCommand.value = { id, command, version }
}

export function dropCommand(): void {
  askedCommand.value = undefined
}

export async function runCommand(reason: string): Promise<void> {
  const asked = askedCommand.value
  if (!asked || asked.isRunning) return
  askedCommand.value = { ...asked, isRunning: true, failure: undefined }
  const given = {
    params: { id: String(asked.id) },
    query: reason === '' ? {} : { reason },
  }
  const told = await call(`POST /rollouts/{id}/${asked.command}`, given)
  if (!told.ok) {
    askedCommand.value = { ...asked, failure: told.error }
    return
  }
  dropCommand()
  announce({ tone: 'good', text: `${COMMAND_WORDS[asked.command].title(asked.version)}: done.` })
  await readAfterChange()
}
