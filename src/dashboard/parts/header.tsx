// The top of every page: where one is, whether what is shown is current, and what is always at hand.

import { mayDo, signOut, signOutEverywhere } from '../api/account.ts'
import type { CallFailure } from '../api/client.ts'
import { answeredAt, unreachableSince } from '../api/reachable.ts'
import { signIn } from '../api/session.ts'
import { toSpanLabel } from '../say/format.ts'
import { isChannelOpen } from '../state/channel.ts'
import { nowMs } from '../state/clock.ts'
import { PAGES, type PagePath } from '../state/pages.ts'
import { proposeRollback } from '../state/proposal.ts'
import { toHref } from '../state/route.ts'
import { shownRevision } from '../state/site.ts'
import { chosenTheme, THEMES } from '../state/theme.ts'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'
import { announce } from './notices.tsx'
import { openPalette } from './palette.tsx'
import { Wordmark } from './wordmark.tsx'

export function Header({ page }: { page: PagePath }) {
  return (
    <header class="top">
      <div class="top-row">
        <a class="home" href={toHref('now')} aria-label="Holo, to the page Now">
          <Wordmark />
        </a>
        <bdi class="host">{location.host}</bdi>
        <Freshness />
        <div class="top-tools">
          <Button kind="quiet" label="Commands, Ctrl K" onClick={openPalette}>
            <Icon name="search" />
            <kbd class="wide-only">Ctrl K</kbd>
          </Button>
          {mayDo('shift') ? null : <span class="chip wide-only">read only</span>}
          <Account />
          <Button kind="danger" scope="shift" onClick={proposeRollback}>
            <Icon name="back" />
            Roll back
          </Button>
        </div>
      </div>
      <nav aria-label="Pages">
        <ul>
          {PAGES.map(({ path, title }) => (
            <li key={path}>
              <a href={toHref(path)} aria-current={path === page ? 'page' : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  )
}

/** An answer that is older than this is news. */
const OLD_AFTER_MS = 15_000
/** Over an open channel nothing is told while nothing happens. It would close if Holo were gone. */
const OLD_AFTER_TOLD_MS = 60_000

function Freshness() {
  const at = unreachableSince.value ?? answeredAt.value
  const age = at === undefined ? undefined : nowMs.value - at
  const isOld =
    unreachableSince.value !== undefined ||
    age === undefined ||
    age > (isChannelOpen.value ? OLD_AFTER_TOLD_MS : OLD_AFTER_MS)
  const text =
    age === undefined ? 'Connecting' : isOld ? `Data are ${toSpanLabel(age)} old` : 'Live'
  return (
    <p class={`freshness ${isOld ? 'old' : 'live'}`} role="status">
      <i class="dot" />
      {text}
      {shownRevision.value ? (
        <span class="wide-only num"> · revision {shownRevision.value}</span>
      ) : null}
    </p>
  )
}

const THEME_ICONS: Readonly<Record<(typeof THEMES)[number], IconName>> = {
  system: 'system',
  light: 'sun',
  dark: 'moon',
}

/** Where Cloudflare Access ends its session, on every host name that it protects. */
const ACCESS_SIGN_OUT = '/cdn-cgi/access/logout'

/** Who is signed in, what they may do, how the page looks, and the way out. */
function Account() {
  const state = signIn.value
  if (state.kind !== 'in') return null
  const { actor, scopes, kind } = state.account
  return (
    <>
      <button
        type="button"
        class="button quiet"
        popovertarget="account"
        aria-label={`Account: ${actor}`}
      >
        <Icon name="user" />
        <bdi class="wide-only name short">{actor}</bdi>
      </button>
      <div id="account" popover="auto" class="popover">
        <p>
          <bdi class="strong">{actor}</bdi>
        </p>
        <p class="quiet small">May {toMayText(scopes)}.</p>
        <fieldset class="choice">
          <legend class="unseen">Theme</legend>
          {THEMES.map((theme) => (
            <label key={theme} class="choice-item">
              <input
                type="radio"
                name="theme"
                class="unseen"
                checked={chosenTheme.value === theme}
                onChange={() => {
                  chosenTheme.value = theme
                }}
              />
              <Icon name={THEME_ICONS[theme]} />
              {theme}
            </label>
          ))}
        </fieldset>
        {kind === 'access' ? (
          <a class="button" href={ACCESS_SIGN_OUT}>
            Sign out of Cloudflare Access
          </a>
        ) : (
          <>
            <Button onClick={() => tellRefused(signOut())}>Sign out</Button>
            <Button onClick={() => tellRefused(signOutEverywhere())}>Sign out everywhere</Button>
          </>
        )}
      </div>
    </>
  )
}

async function tellRefused(ending: Promise<CallFailure | undefined>): Promise<void> {
  const failure = await ending
  if (failure) announce({ tone: 'bad', text: failure.title })
}

function toMayText(scopes: readonly string[]): string {
  if (scopes.includes('admin')) return 'do everything'
  const parts = [
    'look at everything',
    ...(scopes.includes('shift') ? ['change who gets what'] : []),
    ...(scopes.includes('publish') ? ['publish versions'] : []),
  ]
  return parts.length === 1 ? `${parts[0]}, and change nothing` : parts.join(', ')
}
