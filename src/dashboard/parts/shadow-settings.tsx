// What is copied now: each shadow of the document in words, with what stops it, starts it and changes its share.

import { useSignal } from '@preact/signals'
import { toPercentLabel } from '../say/format.ts'
import { toSampleText, toSettingsWarnings } from '../say/shadow.ts'
import { parseShadowPercent, type ShadowSettings } from '../state/shadow.ts'
import {
  proposeNewShadow,
  proposeShadowPercent,
  proposeShadowStart,
  proposeShadowStop,
} from '../state/shadow-changes.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { EnvironmentField } from './environment-field.tsx'
import { Name } from './name.tsx'
import { VersionTag } from './version-tag.tsx'

type NamedEnvironment = { readonly name: string; readonly version: string }

export function ShadowSettingsSheet({
  settings,
  environments,
}: {
  settings: readonly ShadowSettings[]
  environments: readonly NamedEnvironment[]
}) {
  const free = environments.filter(({ name }) => !settings.some(({ from }) => from === name))
  return (
    <section class="sheet padded" aria-labelledby="shadows-heading">
      <header class="sheet-head">
        <h2 id="shadows-heading">What is copied</h2>
        {free.length > 0 ? <NewShadowButton environments={environments} from={free} /> : null}
      </header>
      {settings.length === 0 ? (
        <p class="quiet">No environment has a shadow in the document.</p>
      ) : (
        <ul class="shadows">
          {settings.map((one) => (
            <li key={one.from}>
              <SettingsItem settings={one} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function SettingsItem({ settings }: { settings: ShadowSettings }) {
  const { from, base, to, shadow, percent, isOff } = settings
  const isChanging = useSignal(false)
  return (
    <>
      <div class="shadow-text">
        <p class="shadow-pair">
          <strong>
            <Name text={from} />
          </strong>
          <VersionTag id={base} />
          <span class="quiet">to</span>
          <strong>
            <Name text={to} />
          </strong>
          {shadow === undefined ? null : <VersionTag id={shadow} />}
          {isOff ? <span class="chip">stopped</span> : <span class="chip good">copying</span>}
        </p>
        <p class={isOff ? 'quiet' : ''}>
          <bdi>{toSampleText(settings)}</bdi>
        </p>
        {toSettingsWarnings(settings).map((text) => (
          <p key={text} class="warn small">
            <bdi>{text}</bdi>
          </p>
        ))}
      </div>
      <div class="sheet-tools">
        <Button
          scope="admin"
          onClick={() => {
            isChanging.value = true
          }}
        >
          Change the share<span class="unseen"> of {from}</span>
        </Button>
        {isOff ? (
          percent === 0 ? null : (
            <Button scope="admin" kind="main" onClick={() => proposeShadowStart(from)}>
              Start again<span class="unseen"> with the shadow of {from}</span>
            </Button>
          )
        ) : (
          <Button scope="admin" kind="danger" onClick={() => proposeShadowStop(from)}>
            Stop<span class="unseen"> the shadow of {from}</span>
          </Button>
        )}
      </div>
      {isChanging.value ? (
        <ShareDialog
          settings={settings}
          onClose={() => {
            isChanging.value = false
          }}
        />
      ) : null}
    </>
  )
}

function ShareDialog({ settings, onClose }: { settings: ShadowSettings; onClose: () => void }) {
  const { from, percent, by } = settings
  const text = useSignal(String(percent))
  const wanted = parseShadowPercent(text.value)
  return (
    <Dialog title={`How much of ${from} is copied`} onClose={onClose}>
      <p>
        Now {toPercentLabel(percent)} of {by === 'visitor' ? 'its visitors' : 'its requests'}. A
        higher share keeps all who are in the present one.
      </p>
      <PercentField text={text} />
      <footer class="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="main"
          isOff={wanted === undefined || wanted === percent}
          onClick={() => {
            if (wanted === undefined) return
            onClose()
            proposeShadowPercent(from, wanted)
          }}
        >
          Look at the change
        </Button>
      </footer>
    </Dialog>
  )
}

/** Few enough that a backend of any size can take them. */
const FIRST_SHARE = 1

/** @param from the environments that have no shadow yet; all if left out. */
export function NewShadowButton({
  environments,
  from = environments,
}: {
  environments: readonly NamedEnvironment[]
  from?: readonly NamedEnvironment[]
}) {
  const isOpen = useSignal(false)
  if (environments.length < 2) return null
  return (
    <>
      <Button
        scope="admin"
        onClick={() => {
          isOpen.value = true
        }}
      >
        Copy requests to a shadow
      </Button>
      {isOpen.value ? (
        <NewShadowDialog
          environments={environments}
          from={from}
          onClose={() => {
            isOpen.value = false
          }}
        />
      ) : null}
    </>
  )
}

function NewShadowDialog({
  environments,
  from,
  onClose,
}: {
  environments: readonly NamedEnvironment[]
  from: readonly NamedEnvironment[]
  onClose: () => void
}) {
  const source = useSignal(from[0]?.name ?? '')
  const target = useSignal(environments.find(({ name }) => name !== source.value)?.name ?? '')
  const text = useSignal(String(FIRST_SHARE))
  const percent = parseShadowPercent(text.value)
  return (
    <Dialog title="Copy requests to a shadow" onClose={onClose}>
      <p>
        GET and HEAD are copied, without credentials. Visitors get the same answers as before; each
        copy is a request more for both backends.
      </p>
      <EnvironmentField label="Requests of" chosen={source} list={from} />
      <EnvironmentField label="are copied to" chosen={target} list={environments} />
      <PercentField text={text} />
      {source.value === target.value ? (
        <p class="fault">An environment is no shadow of itself.</p>
      ) : null}
      <footer class="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="main"
          isOff={source.value === target.value || percent === undefined}
          onClick={() => {
            if (percent === undefined) return
            onClose()
            proposeNewShadow(source.value, target.value, percent)
          }}
        >
          Look at the change
        </Button>
      </footer>
    </Dialog>
  )
}

function PercentField({ text }: { text: { value: string } }) {
  return (
    <label class="field">
      <span>
        Percent <small>above 0, with at most two decimals</small>
      </span>
      <input
        type="text"
        inputMode="decimal"
        value={text.value}
        aria-invalid={parseShadowPercent(text.value) === undefined}
        onInput={(event) => {
          text.value = event.currentTarget.value
        }}
      />
    </label>
  )
}
