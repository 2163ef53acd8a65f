// Whether a flag is on and who may see it, and the button that switches it.

import type { FlagView } from '../say/flags.ts'
import { toToggled } from '../state/flags.ts'
import { proposeChange } from '../state/proposal.ts'
import { Button } from './button.tsx'

export function FlagChips({
  view: { isOn, isPublic, isForBackends, isExperiment },
}: {
  view: FlagView
}) {
  return (
    <>
      <span class={isOn ? 'chip good' : 'chip'}>{isOn ? 'on' : 'off'}</span>
      {isPublic ? <span class="chip">public</span> : null}
      {isForBackends ? <span class="chip">sent to backends</span> : null}
      {isExperiment ? <span class="chip">experiment</span> : null}
    </>
  )
}

export function FlagToggle({ name, isOn }: { name: string; isOn: boolean }) {
  const word = isOn ? 'off' : 'on'
  return (
    <Button
      scope="shift"
      label={`Switch ${word} ${name}`}
      onClick={() =>
        proposeChange({
          name: 'PUT /flags',
          body: toToggled(name, !isOn),
          title: `Switch the flag ${name} ${word}`,
          confirm: `Switch it ${word}`,
        })
      }
    >
      Switch {word}
    </Button>
  )
}
