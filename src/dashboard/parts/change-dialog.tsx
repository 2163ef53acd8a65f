// Shows a change before it is made: which environments give how much, who gets another version, and what else
// becomes different.

import { useSignal } from '@preact/signals'
import { toActionText } from '../say/actions.ts'
import { toPercentLabel } from '../say/format.ts'
import {
  dropProposal,
  makeProposed,
  type Preview,
  type Proposal,
  proposal,
  proposalStage,
  tryChange,
} from '../state/proposal.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Differences } from './differences.tsx'
import { Name } from './name.tsx'
import { ReasonField } from './reason-field.tsx'
import { FailureBox, Loading } from './state.tsx'
import { Ago } from './time.tsx'

export function ChangeDialog() {
  const change = proposal.value
  return change ? <OpenChangeDialog key={change.title} change={change} /> : null
}

function OpenChangeDialog({ change }: { change: Proposal }) {
  const reason = useSignal('')
  const stage = proposalStage.value
  const isMaking = stage.kind === 'making'
  return (
    <Dialog title={change.title} onClose={dropProposal} size="wide">
      {stage.kind === 'trying' ? <Loading what="what the change would do" /> : null}
      {stage.kind === 'refused' ? <FailureBox failure={stage.failure} /> : null}
      {stage.kind === 'stale' ? <Stale {...stage} /> : null}
      {stage.kind === 'shown' || isMaking ? <PreviewTable preview={stage.preview} /> : null}
      {stage.kind === 'shown' || isMaking ? <ReasonField reason={reason} /> : null}
      <footer class="dialog-foot">
        <Button onClick={dropProposal}>{stage.kind === 'refused' ? 'Close' : 'Cancel'}</Button>
        {stage.kind === 'stale' || stage.kind === 'refused' ? (
          <Button kind="main" onClick={tryChange}>
            {stage.kind === 'stale' ? 'Look again' : 'Try again'}
          </Button>
        ) : (
          <Button
            kind={change.isDanger ? 'danger' : 'main'}
            isBusy={isMaking}
            isOff={stage.kind !== 'shown' || stage.preview.isEmpty}
            onClick={() => makeProposed(reason.value)}
          >
            {isMaking ? 'Working…' : change.confirm}
          </Button>
        )}
      </footer>
    </Dialog>
  )
}

function PreviewTable({ preview }: { preview: Preview }) {
  const { environments, moved, others, isEmpty } = preview
  if (isEmpty) return <p>The document already says this: there is nothing to change.</p>
  const total = moved.reduce((sum, { buckets }) => sum + buckets, 0)
  return (
    <div class="preview">
      <table>
        <thead>
          <tr>
            <th scope="col">Environment</th>
            <th scope="col">Version</th>
            <th scope="col" class="num">
              Now
            </th>
            <th scope="col" class="num">
              Then
            </th>
          </tr>
        </thead>
        <tbody>
          {environments.map(({ name, before, after, isChanged }) => (
            <tr key={name} class={isChanged ? 'changed' : 'same'}>
              <th scope="row">
                <Name text={name} />
              </th>
              <td>
                {before && before.version !== after?.version ? (
                  <del>
                    <Name text={before.version} mono />
                  </del>
                ) : null}{' '}
                {after ? <Name text={after.version} mono /> : 'removed'}
              </td>
              <td class="num">{before ? toPercentLabel(before.percent) : 'new'}</td>
              <td class="num strong">{after ? toPercentLabel(after.percent) : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul class="moves">
        {moved.map(({ from, to, buckets }) => (
          <li key={`${from} ${to}`}>
            <Name text={from} /> gives {toPercentLabel(buckets / 100)} of all visitors to{' '}
            <Name text={to} />
          </li>
        ))}
        {total === 0 ? <li>No visitor goes to another environment.</li> : null}
      </ul>
      {others.length > 0 ? (
        <section>
          <h3>Also different</h3>
          <Differences list={others} />
        </section>
      ) : null}
    </div>
  )
}

function Stale({
  failure,
  differences,
}: Extract<(typeof proposalStage)['value'], { kind: 'stale' }>) {
  return (
    <div class="stale">
      <p class="strong">Somebody has changed the document meanwhile. Nothing was changed by you.</p>
      <ul class="moves">
        {(failure.changes ?? []).map(({ revision, actor, action, at, reason }) => (
          <li key={revision}>
            Revision {revision}: <bdi class="strong">{actor}</bdi> {toActionText(action)},{' '}
            <Ago at={at} />
            {reason ? (
              <>
                : <bdi>{reason}</bdi>
              </>
            ) : null}
          </li>
        ))}
      </ul>
      {differences ? <Differences list={differences} /> : null}
    </div>
  )
}
