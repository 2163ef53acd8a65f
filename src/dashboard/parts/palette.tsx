// The command palette: every page, environment, version and action by a few letters.

import { signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { signOut } from '../api/account.ts'
import { toReleaseName } from '../say/sentence.ts'
import { PAGES } from '../state/pages.ts'
import { proposeRollback } from '../state/proposal.ts'
import { goTo } from '../state/route.ts'
import {
  environments,
  flagsKnown,
  readFlags,
  rollouts,
  shownRevision,
  versions,
} from '../state/site.ts'
import { chosenTheme, THEMES } from '../state/theme.ts'
import { Dialog } from './dialog.tsx'

const isOpen = signal(false)

export function openPalette(): void {
  isOpen.value = true
}

type PaletteItem = { readonly label: string; readonly about: string; readonly run: () => void }

/** More than fit on a screen help nobody: a letter more is faster. */
const MAX_SHOWN = 12

function listItems(): readonly PaletteItem[] {
  return [
    ...PAGES.map(({ path, title, about, key }) => ({
      label: title,
      about: `${about} · g ${key}`,
      run: () => goTo(path),
    })),
    { label: 'Start a rollout', about: 'Release step by step', run: () => goTo('rollouts', 'new') },
    { label: 'Roll back', about: 'To what visitors had before', run: () => void proposeRollback() },
    ...(environments.value.value?.environments ?? []).map(({ name, version }) => ({
      label: name,
      about: `Environment with ${version}`,
      run: () => goTo('traffic'),
    })),
    ...(versions.value.value?.versions ?? []).map(({ id }) => ({
      label: id,
      about: 'Version',
      run: () => goTo('versions', id),
    })),
    ...Object.keys(flagsKnown.value.value?.flags ?? {}).map((key) => ({
      label: key,
      about: 'Flag',
      run: () => goTo('flags', key),
    })),
    ...(rollouts.value.value?.rollouts ?? []).map((one) => ({
      label: `Rollout ${one.id}`,
      about: one.flag === undefined ? `${one.version} to ${one.environment}` : toReleaseName(one),
      run: () => goTo('rollouts', one.id),
    })),
    ...THEMES.map((theme) => ({
      label: `Theme: ${theme}`,
      about: 'How the page looks',
      run: () => {
        chosenTheme.value = theme
      },
    })),
    { label: 'Sign out', about: 'End the session in this browser', run: () => void signOut() },
  ]
}

function matches({ label, about }: PaletteItem, wanted: string): boolean {
  const text = `${label} ${about}`.toLowerCase()
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

export function Palette() {
  return isOpen.value ? <OpenPalette /> : null
}

function OpenPalette() {
  const wanted = useSignal('')
  const chosen = useSignal(0)
  const list = useRef<HTMLDivElement>(null)
  const shown = listItems()
    .filter((item) => matches(item, wanted.value))
    .slice(0, MAX_SHOWN)
  const close = () => {
    isOpen.value = false
  }
  const run = (item: PaletteItem | undefined) => {
    if (!item) return
    close()
    item.run()
  }
  useEffect(() => {
    if (flagsKnown.value.value?.revision !== shownRevision.value) readFlags()
  }, [])
  useEffect(() => {
    list.current?.children[chosen.value]?.scrollIntoView({ block: 'nearest' })
  }, [chosen.value])
  return (
    <Dialog title="Commands" onClose={close}>
      <input
        type="text"
        list={undefined}
        // biome-ignore lint/a11y/noRedundantRoles: it has no datalist, so that it would be no combobox.
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={shown.length > 0 ? `palette-${chosen.value}` : undefined}
        aria-label="Go to a page, an environment, a version"
        placeholder="Page, environment, version, action"
        autofocus
        value={wanted.value}
        onInput={(event) => {
          wanted.value = event.currentTarget.value
          chosen.value = 0
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault()
            run(shown[chosen.value])
          }
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
          if (step === 0 || shown.length === 0) return
          event.preventDefault()
          chosen.value = (chosen.value + step + shown.length) % shown.length
        }}
      />
      <div id="palette-list" class="palette-list" role="listbox" aria-label="Commands" ref={list}>
        {shown.map((item, i) => (
          <button
            type="button"
            tabIndex={-1}
            key={`${item.label} ${item.about}`}
            id={`palette-${i}`}
            role="option"
            aria-selected={i === chosen.value}
            onClick={() => run(item)}
          >
            <bdi class="name">{item.label}</bdi>
            <bdi class="name quiet small">{item.about}</bdi>
          </button>
        ))}
      </div>
      {shown.length === 0 ? <p class="quiet">Nothing is called that.</p> : null}
    </Dialog>
  )
}
