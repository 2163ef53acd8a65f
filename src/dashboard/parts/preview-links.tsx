// The links to previews of one version: makes one with a click, lists those that were made, and revokes them.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type CallFailure, call, type ReplyOf } from '../api/client.ts'
import { nowMs } from '../state/clock.ts'
import { Button } from './button.tsx'
import { Name } from './name.tsx'
import { announce } from './notices.tsx'
import { Empty, FailureBox, Loading } from './state.tsx'
import { Ago } from './time.tsx'

type Link = ReplyOf<'GET /previews'>['previews'][number]

export function PreviewLinks({ version, isWithdrawn }: { version: string; isWithdrawn: boolean }) {
  const links = useSignal<readonly Link[] | undefined>(undefined)
  const failure = useSignal<CallFailure | undefined>(undefined)
  const made = useSignal<string | undefined>(undefined)
  const isBusy = useSignal(false)
  const load = async () => {
    const found = await call('GET /previews')
    if (found.ok) links.value = found.value.previews.filter((one) => one.versions.includes(version))
    else failure.value = found.error
  }
  useEffect(() => {
    load()
  }, [version])
  const run = async (work: () => Promise<CallFailure | undefined>) => {
    isBusy.value = true
    failure.value = await work()
    isBusy.value = false
    await load()
  }
  const make = () =>
    run(async () => {
      const reply = await call('POST /previews', { body: { versions: [version] } })
      if (!reply.ok) return reply.error
      made.value = reply.value.link
      await copy(reply.value.link)
      return undefined
    })
  const revoke = (id: string) =>
    run(async () => {
      const reply = await call('DELETE /previews/{id}', { params: { id } })
      if (!reply.ok) return reply.error
      announce({ tone: 'good', text: 'The link is revoked, within seconds for everybody.' })
      return undefined
    })
  return (
    <section class="sheet padded" aria-labelledby="previews-heading">
      <header class="sheet-head">
        <h2 id="previews-heading">Previews</h2>
        <Button scope="shift" isBusy={isBusy.value} isOff={isWithdrawn} onClick={make}>
          Make a link for a week
        </Button>
      </header>
      {failure.value ? <FailureBox failure={failure.value} /> : null}
      {made.value === undefined ? null : (
        <label class="field">
          <span>
            Whoever opens it sees {version} <small>it is shown once</small>
          </span>
          <input
            type="text"
            readOnly
            value={made.value}
            onFocus={(event) => event.currentTarget.select()}
          />
        </label>
      )}
      {links.value === undefined ? (
        failure.value ? null : (
          <Loading what="the links" />
        )
      ) : links.value.length === 0 ? (
        <Empty title="Nobody has made a link to it" />
      ) : (
        <LinkTable links={links.value} isBusy={isBusy.value} onRevoke={revoke} />
      )}
    </section>
  )
}

function LinkTable({
  links,
  isBusy,
  onRevoke,
}: {
  links: readonly Link[]
  isBusy: boolean
  onRevoke: (id: string) => void
}) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Made</th>
          <th scope="col">By</th>
          <th scope="col">For</th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {links.map(({ id, createdAt, createdBy, note, expiresAt, revokedAt }) => (
          <tr key={id}>
            <td>
              <Ago at={createdAt} />
            </td>
            <td>
              <Name text={createdBy} />
            </td>
            <td>{note === undefined ? '' : <Name text={note} />}</td>
            <td>
              {revokedAt !== undefined ? (
                'revoked'
              ) : expiresAt <= nowMs.value ? (
                'expired'
              ) : (
                <Button
                  scope="shift"
                  isBusy={isBusy}
                  label={`Revoke the link ${id}`}
                  onClick={() => onRevoke(id)}
                >
                  Revoke
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** A page that is not in front may not write to the clipboard; then the field has the link all the same. */
async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    announce({ tone: 'good', text: 'The link is copied.' })
  } catch {
    announce({ tone: 'good', text: 'The link is made.' })
  }
}
