// Changes of shadows: starting one, stopping one, and giving it another share. None changes anything for visitors.

import { type Proposal, proposeChange } from './proposal.ts'
import { type DeclaredShadow, toStarted, withShadow } from './shadow.ts'

function propose(
  from: string,
  change: (shadow: DeclaredShadow | undefined) => DeclaredShadow | undefined,
  words: Pick<Proposal, 'title' | 'confirm' | 'isDanger'>,
): void {
  proposeChange({
    name: 'PUT /assignments',
    body: (document) => withShadow(document, from, change),
    isKeptByRollback: true,
    ...words,
  })
}

export function proposeShadowStop(from: string): void {
  propose(from, (shadow) => shadow && { ...shadow, off: true }, {
    title: `Stop the shadow of ${from}`,
    confirm: 'Stop it',
    isDanger: true,
  })
}

export function proposeShadowStart(from: string): void {
  propose(from, (shadow) => shadow && toStarted(shadow), {
    title: `Start the shadow of ${from} again`,
    confirm: 'Start it',
  })
}

export function proposeShadowPercent(from: string, percent: number): void {
  propose(from, (shadow) => shadow && { ...shadow, percent }, {
    title: `Change how much of ${from} is copied`,
    confirm: 'Change it',
  })
}

/** A shadow that somebody else has just begun stays as it is. */
export function proposeNewShadow(from: string, to: string, percent: number): void {
  propose(from, (shadow) => shadow ?? { to, percent }, {
    title: `Copy requests of ${from} to ${to}`,
    confirm: 'Begin',
  })
}
