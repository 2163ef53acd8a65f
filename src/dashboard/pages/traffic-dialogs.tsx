// Dialogs of the page Traffic: which version an environment has, and two environments exchanged.

import { useSignal } from '@preact/signals'
import type { ReplyOf } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { EnvironmentField } from '../parts/environment-field.tsx'
import { VersionTag } from '../parts/version-tag.tsx'
import { proposeChange } from '../state/proposal.ts'
import { versions } from '../state/site.ts'

export type EnvironmentItem = ReplyOf<'GET /environments'>['environments'][number]

export function PointDialog({
  environment: { name, version, hosts, restricted, percent },
  onClose,
}: {
  environment: EnvironmentItem
  onClose: () => void
}) {
  const wantedHosts = useSignal(hosts.join(', '))
  const isRestricted = useSignal(restricted)
  const known = versions.value.value?.versions.filter(({ withdrawn }) => !withdrawn) ?? []
  const newestFirst = [...known].sort((one, other) =>
    (other.published ?? '').localeCompare(one.published ?? ''),
  )
  const wanted = useSignal(newestFirst.find(({ id }) => id !== version)?.id ?? version)
  const newHosts = wantedHosts.value.split(/[\s,]+/).filter((host) => host !== '')
  const isOtherwiseChanged =
    newHosts.join(' ') !== hosts.join(' ') || isRestricted.value !== restricted
  return (
    <Dialog title={`Point ${name} at a version`} onClose={onClose}>
      <p>
        It has <VersionTag id={version} /> now. Its visitors get the other version with their next
        page.
      </p>
      <label class="field">
        <span>Version</span>
        <select
          value={wanted.value}
          onChange={(event) => {
            wanted.value = event.currentTarget.value
          }}
        >
          {newestFirst.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>
          Host names <small>where it can be looked at, with commas between</small>
        </span>
        <input
          type="text"
          spellcheck={false}
          value={wantedHosts.value}
          onInput={(event) => {
            wantedHosts.value = event.currentTarget.value
          }}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={isRestricted.value}
          onChange={(event) => {
            isRestricted.value = event.currentTarget.checked
          }}
        />
        <span>
          Restricted <small class="quiet">nobody reaches it without a grant</small>
        </span>
      </label>
      <footer class="dialog-foot">
        {percent === 0 ? (
          <Button
            kind="quiet"
            onClick={() => {
              onClose()
              proposeChange({
                name: 'DELETE /environments/{name}',
                params: { name },
                title: `Remove the environment ${name}`,
                confirm: 'Remove it',
                isDanger: true,
              })
            }}
          >
            Remove it
          </Button>
        ) : null}
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="main"
          isOff={wanted.value === version && !isOtherwiseChanged}
          onClick={() => {
            onClose()
            proposeChange({
              name: 'PUT /environments/{name}',
              params: { name },
              body: {
                version: wanted.value,
                ...(isOtherwiseChanged ? { hosts: newHosts, restricted: isRestricted.value } : {}),
              },
              title: isOtherwiseChanged ? `Change ${name}` : `Point ${name} at ${wanted.value}`,
              confirm: isOtherwiseChanged ? 'Change it' : 'Point it',
            })
          }}
        >
          Look at the change
        </Button>
      </footer>
    </Dialog>
  )
}

export function SwapDialog({
  list,
  onClose,
}: {
  list: readonly EnvironmentItem[]
  onClose: () => void
}) {
  const one = useSignal(list[0]?.name ?? '')
  const other = useSignal(list[1]?.name ?? '')
  return (
    <Dialog title="Swap two environments" onClose={onClose}>
      <p>They exchange their versions in one revision, as blue and green do. Shares stay.</p>
      <EnvironmentField label="One" chosen={one} list={list} />
      <EnvironmentField label="The other" chosen={other} list={list} />
      <footer class="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="main"
          isOff={one.value === other.value}
          onClick={() => {
            onClose()
            proposeChange({
              name: 'POST /swap',
              body: { environments: [one.value, other.value] },
              title: `Swap ${one.value} and ${other.value}`,
              confirm: 'Swap them',
            })
          }}
        >
          Look at the change
        </Button>
      </footer>
    </Dialog>
  )
}
