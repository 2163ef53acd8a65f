// The banner of every page while no release goes forward, and the dialog that begins or ends a freeze.

import { useSignal } from '@preact/signals'
import type { CallFailure } from '../api/client.ts'
import {
  type AskedFreeze,
  askedFreeze,
  dropFreeze,
  FREEZE_LENGTHS,
  hold,
  runFreeze,
} from '../state/safety.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { ReasonField } from './reason-field.tsx'
import { FailureBox } from './state.tsx'

export function HoldBanner() {
  const held = hold.value
  return (
    <div role="status">
      {held ? (
        <div class="hold">
          <div class="hold-row">
            <p>
              <bdi class="strong">{held.text}</bdi> <bdi class="small">{held.more}</bdi>
            </p>
            {held.kind === 'freeze' ? (
              <Button
                scope="shift"
                onClick={() => {
                  askedFreeze.value = 'unfreeze'
                }}
              >
                End the freeze
              </Button>
            ) : null}
          </div>
        </div>
      ) : null}
    </div>
  )
}

/** Begins a freeze; the banner has the button that ends one. */
export function FreezeButton() {
  if (hold.value?.kind === 'freeze') return null
  return (
    <Button
      scope="shift"
      onClick={() => {
        askedFreeze.value = 'freeze'
      }}
    >
      Freeze releases
    </Button>
  )
}

/** Why something that goes forward would be refused now. */
export function HoldNote() {
  return hold.value ? (
    <p class="warn">
      <bdi>{hold.value.text}</bdi>
    </p>
  ) : null
}

export function FreezeDialog() {
  const asked = askedFreeze.value
  return asked ? <OpenFreezeDialog key={asked} asked={asked} /> : null
}

function OpenFreezeDialog({ asked }: { asked: AskedFreeze }) {
  const reason = useSignal('')
  const length = useSignal(0)
  const failure = useSignal<CallFailure | undefined>(undefined)
  const isRunning = useSignal(false)
  const isBeginning = asked === 'freeze'
  const isMissing = isBeginning && reason.value.trim() === ''
  const run = async () => {
    isRunning.value = true
    failure.value = await runFreeze(asked, reason.value, FREEZE_LENGTHS[length.value]?.hours)
    isRunning.value = false
  }
  return (
    <Dialog title={isBeginning ? 'Freeze releases' : 'End the freeze'} onClose={dropFreeze}>
      <p>
        {isBeginning
          ? 'Nothing goes forward any more, by nobody: no change, no step of a rollout. Taking a release back still works.'
          : 'Releases may go forward again, and rollouts that waited go on within a minute.'}
      </p>
      {failure.value ? <FailureBox failure={failure.value} /> : null}
      {isBeginning ? (
        <label class="field">
          <span>How long</span>
          <select
            value={String(length.value)}
            onChange={(event) => {
              length.value = Number(event.currentTarget.value)
            }}
          >
            {FREEZE_LENGTHS.map(({ label }, i) => (
              <option key={label} value={String(i)}>
                {label}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      <ReasonField
        reason={reason}
        about={isBeginning ? 'shown to everybody whose change is refused' : 'for the audit log'}
        isRequired={isBeginning}
      />
      <footer class="dialog-foot">
        <Button onClick={dropFreeze}>Cancel</Button>
        <Button kind="main" isBusy={isRunning.value} isOff={isMissing} onClick={run}>
          {isRunning.value ? 'Working…' : isBeginning ? 'Freeze' : 'End it'}
        </Button>
      </footer>
    </Dialog>
  )
}
