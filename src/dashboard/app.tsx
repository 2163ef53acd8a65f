// The frame around every page, and which page is in it.

import { useEffect } from 'preact/hooks'
import { signIn } from './api/session.ts'
import { AuditPage } from './pages/audit.tsx'
import { FlagsPage } from './pages/flags.tsx'
import { NowPage } from './pages/now.tsx'
import { RolloutsPage } from './pages/rollouts.tsx'
import { RulesPage } from './pages/rules.tsx'
import { ShadowPage } from './pages/shadow.tsx'
import { SignInPage } from './pages/sign-in.tsx'
import { TrafficPage } from './pages/traffic.tsx'
import { TryPage } from './pages/try.tsx'
import { VersionsPage } from './pages/versions.tsx'
import { WebhooksPage } from './pages/webhooks.tsx'
import { ChangeDialog } from './parts/change-dialog.tsx'
import { CommandDialog } from './parts/command-dialog.tsx'
import { FreezeDialog, HoldBanner } from './parts/freeze.tsx'
import { Header } from './parts/header.tsx'
import { forgetNotices, Notices } from './parts/notices.tsx'
import { forgetOwnPlan } from './parts/own-plan.tsx'
import { openPalette, Palette } from './parts/palette.tsx'
import { Loading } from './parts/state.tsx'
import { keepUpToDate } from './state/live.ts'
import { PAGES, type PagePath } from './state/pages.ts'
import { dropProposal } from './state/proposal.ts'
import { goTo, routeParts } from './state/route.ts'
import { dropFreeze } from './state/safety.ts'
import { forgetSite } from './state/site.ts'

export function Dashboard() {
  const state = signIn.value
  if (state.kind === 'asking') return <Loading what="the dashboard" />
  if (state.kind === 'out') return <SignInPage why={state.why} />
  return <SignedIn />
}

const VIEWS: Readonly<
  Record<PagePath, (props: { rest: readonly string[] }) => preact.ComponentChild>
> = {
  now: NowPage,
  traffic: TrafficPage,
  rollouts: RolloutsPage,
  shadow: ShadowPage,
  versions: VersionsPage,
  try: TryPage,
  rules: RulesPage,
  flags: FlagsPage,
  webhooks: WebhooksPage,
  audit: AuditPage,
}

function SignedIn() {
  const [first, ...rest] = routeParts.value
  const page = PAGES.find(({ path }) => path === first) ?? PAGES[0]
  const View = VIEWS[page.path]
  useEffect(() => {
    const end = keepUpToDate()
    return () => {
      end()
      forgetSite()
      forgetNotices()
      forgetOwnPlan()
      dropProposal()
      dropFreeze()
    }
  }, [])
  useEffect(() => {
    document.title = `${page.title} · Holo`
    scrollTo(0, 0)
  }, [page.path, rest.join('/')])
  useEffect(() => {
    addEventListener('keydown', followKey)
    return () => removeEventListener('keydown', followKey)
  }, [])
  return (
    <>
      <button type="button" class="skip" onClick={skipToMain}>
        Skip to the page
      </button>
      <Header page={page.path} />
      <HoldBanner />
      <main id="main" tabIndex={-1}>
        <View rest={rest} />
      </main>
      <ChangeDialog />
      <CommandDialog />
      <FreezeDialog />
      <Palette />
      <Notices />
    </>
  )
}

function skipToMain(): void {
  document.getElementById('main')?.focus()
}

/** Whether a key belongs to a field that somebody types into. */
function isTyping({ target }: Event): boolean {
  return (
    target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
  )
}

/** `g` begins a jump; the next key says where to. */
let isJumping = false

function followKey(event: KeyboardEvent): void {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault()
    openPalette()
    return
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
  if (document.querySelector('dialog[open]')) return
  if (event.key === '/' || event.key === '?') {
    event.preventDefault()
    openPalette()
    return
  }
  if (isJumping) {
    isJumping = false
    const page = PAGES.find(({ key }) => key === event.key)
    if (page) goTo(page.path)
    return
  }
  isJumping = event.key === 'g'
}
