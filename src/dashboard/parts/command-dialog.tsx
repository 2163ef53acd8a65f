// Asks before a running rollout is told something.

import { useSignal } from '@preact/signals'
import {
  type AskedCommand,
  askedCommand,
  COMMAND_WORDS,
  dropCommand,
  runCommand,
} from '../state/command.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { HoldNote } from './freeze.tsx'
import { ReasonField } from './reason-field.tsx'
import { FailureBox } from './state.tsx'

export function CommandDialog() {
  const asked = askedCommand.value
  return asked ? <OpenCommandDialog key={`${asked.id} ${asked.command}`} asked={asked} /> : null
}

function OpenCommandDialog({ asked }: { asked: AskedCommand }) {
  const reason = useSignal('')
  const { label, title, about, isDanger } = COMMAND_WORDS[asked.command]
  return (
    <Dialog title={title(asked.version)} onClose={dropCommand}>
      <p>{about}</p>
      {asked.command === 'pause' || asked.command === 'abort' ? null : <HoldNote />}
      {asked.failure ? <FailureBox failure={asked.failure} /> : null}
      <ReasonField reason={reason} />
      <footer class="dialog-foot">
        <Button onClick={dropCommand}>Cancel</Button>
        <Button
          kind={isDanger ? 'danger' : 'main'}
          isBusy={asked.isRunning === true}
          onClick={() => runCommand(reason.value)}
        >
          {asked.isRunning ? 'Working…' : label}
        </Button>
      </footer>
    </Dialog>
  )
}
