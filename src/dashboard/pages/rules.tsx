// The rules that send visitors to an environment before buckets are looked at, and the settings of the site:
// readable, and editable as JSON.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type CallFailure, call } from '../api/client.ts'
import { Button } from '../parts/button.tsx'
import { JsonEditor } from '../parts/json-editor.tsx'
import { Name } from '../parts/name.tsx'
import { PageState } from '../parts/state.tsx'
import { toConditionText } from '../say/conditions.ts'
import { proposeChange } from '../state/proposal.ts'
import { shownRevision } from '../state/site.ts'

type ReadRule = { readonly name: string; readonly environment: string; readonly when?: unknown }

/** The document, as far as this page is about it. */
type SiteDocument = {
  readonly revision: number
  readonly salt: string
  readonly rules?: readonly ReadRule[]
} & Readonly<Record<string, unknown>>

/** Settings of the document, and what each says. */
const SETTINGS: Readonly<Record<string, string>> = {
  visitor: 'How a visitor is told from others. Without it Holo gives out a cookie of its own.',
  polled: 'Paths that open tabs ask for again and again, to notice a new version.',
  expose: 'What replies and backends are told of the decision.',
  measure: 'Goals, routes, and where errors stand in replies.',
}

export function RulesPage(_: { rest: readonly string[] }) {
  const known = useSignal<SiteDocument | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  const editing = useSignal<'rules' | 'settings' | undefined>(undefined)
  useEffect(() => {
    const ended = new AbortController()
    call('GET /assignments', { signal: ended.signal }).then((found) => {
      if (ended.signal.aborted) return
      if (found.ok) known.value = found.value as unknown as SiteDocument
      failure.value = found.ok ? undefined : found.error
    })
    return () => ended.abort()
  }, [shownRevision.value])
  if (failure.value || !known.value) {
    return <PageState title="Rules and settings" what="the rules" failure={failure.value} />
  }
  const close = () => {
    editing.value = undefined
  }
  return (
    <div class="page">
      <h1>Rules and settings</h1>
      <section class="sheet padded" aria-labelledby="rules-heading">
        <header class="sheet-head">
          <h2 id="rules-heading">Rules</h2>
          {editing.value === 'rules' ? null : (
            <Button
              scope="shift"
              label="Edit the rules"
              onClick={() => {
                editing.value = 'rules'
              }}
            >
              Edit
            </Button>
          )}
        </header>
        {editing.value === 'rules' ? (
          <RulesEditor known={known.value} onClose={close} />
        ) : (
          <RuleList rules={known.value.rules ?? []} />
        )}
      </section>
      <section class="sheet padded" aria-labelledby="settings-heading">
        <header class="sheet-head">
          <h2 id="settings-heading">Settings</h2>
          {editing.value === 'settings' ? null : (
            <Button
              scope="admin"
              label="Edit the settings"
              onClick={() => {
                editing.value = 'settings'
              }}
            >
              Edit
            </Button>
          )}
        </header>
        {editing.value === 'settings' ? (
          <SettingsEditor known={known.value} onClose={close} />
        ) : (
          <SettingList known={known.value} />
        )}
      </section>
    </div>
  )
}

function RuleList({ rules }: { rules: readonly ReadRule[] }) {
  if (rules.length === 0) {
    return <p class="quiet">There are none: everybody is sent by the host name or by the bucket.</p>
  }
  return (
    <>
      <p class="quiet">The first one that matches a page decides it.</p>
      <ol class="rules">
        {rules.map(({ name, environment, when }, i) => (
          <li key={`${i} ${name}`}>
            <p>
              <span class="num quiet">{i + 1}</span>
              <strong>
                <Name text={name} />
              </strong>
              <span class="quiet">
                to <Name text={environment} />
              </span>
            </p>
            <p>
              <bdi>{toConditionText(when)}</bdi>
            </p>
          </li>
        ))}
      </ol>
    </>
  )
}

function RulesEditor({ known, onClose }: { known: SiteDocument; onClose: () => void }) {
  return (
    <JsonEditor
      label="All rules, as JSON. Conditions are JsonLogic."
      value={known.rules ?? []}
      scope="shift"
      findFormFault={(rules) => (Array.isArray(rules) ? undefined : 'It has to be a list: [ … ].')}
      check={(rules, signal) =>
        call('PUT /rules', {
          body: { rules: rules as readonly unknown[] },
          revision: known.revision,
          query: { dryRun: 'true' },
          signal,
        })
      }
      onReview={(rules) =>
        proposeChange({
          name: 'PUT /rules',
          body: { rules: rules as readonly unknown[] },
          title: 'Change the rules',
          confirm: 'Change them',
          done: onClose,
        })
      }
      onClose={onClose}
    />
  )
}

function SettingList({ known }: { known: SiteDocument }) {
  return (
    <dl class="settings">
      {Object.entries(SETTINGS).map(([name, about]) => (
        <div key={name}>
          <dt>
            <code>{name}</code>
          </dt>
          <dd>
            <p class="quiet">{about}</p>
            {known[name] === undefined ? (
              <p>Not set.</p>
            ) : (
              <pre>
                <bdi>{JSON.stringify(known[name], undefined, 2)}</bdi>
              </pre>
            )}
          </dd>
        </div>
      ))}
      <div>
        <dt>
          <code>salt</code>
        </dt>
        <dd>
          <p class="quiet">
            Decides buckets together with the visitor. Another one would give everybody another
            bucket.
          </p>
          <p>
            <Name text={known.salt} mono />
          </p>
        </dd>
      </div>
    </dl>
  )
}

/** The document with these settings; one that is left out is not set any more. */
function withSettings(known: SiteDocument, settings: unknown): Readonly<Record<string, unknown>> {
  const others = Object.entries(known).filter(([name]) => !Object.hasOwn(SETTINGS, name))
  return { ...Object.fromEntries(others), ...(settings as object) }
}

function SettingsEditor({ known, onClose }: { known: SiteDocument; onClose: () => void }) {
  const now = Object.keys(SETTINGS).filter((name) => known[name] !== undefined)
  return (
    <JsonEditor
      label={`Settings, as JSON: ${Object.keys(SETTINGS).join(', ')}`}
      value={Object.fromEntries(now.map((name) => [name, known[name]]))}
      scope="admin"
      findFormFault={findSettingsFault}
      check={(settings, signal) =>
        call('PUT /assignments', {
          body: withSettings(known, settings),
          revision: known.revision,
          query: { dryRun: 'true' },
          signal,
        })
      }
      onReview={(settings) =>
        proposeChange({
          name: 'PUT /assignments',
          body: withSettings(known, settings),
          title: 'Change the settings',
          confirm: 'Change them',
          revision: known.revision,
          done: onClose,
        })
      }
      onClose={onClose}
    />
  )
}

function findSettingsFault(settings: unknown): string | undefined {
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    return 'It has to be an object: { … }.'
  }
  const unknown = Object.keys(settings).find((name) => !Object.hasOwn(SETTINGS, name))
  return unknown === undefined ? undefined : `"${unknown}" is no setting that can be changed here.`
}
