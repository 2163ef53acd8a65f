// The one host name on which browsers may sign in, if the setting DASHBOARD_HOST names one. No version of the
// site is served there, so no page of a version can use the session of whoever has signed in. router.ts and
// api/http/app.ts ask here.

/** A host name (RFC 1123 section 2.1), without scheme, port and path. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

/** No request has this host name: nobody signs in anywhere until the setting is mended. */
const NOWHERE = ''

/** What the setting means for a request. `anywhere`: there is no setting, and every host name is like any other. */
export type HostRole = 'anywhere' | 'dashboard' | 'site'

/** The setting; `undefined` without one. A bad one lets nobody sign in: the safer mistake. */
export function readDashboardHost(text: string | undefined): string | undefined {
  if (!text) return undefined
  const host = text.toLowerCase()
  if (HOST_NAME.test(host)) return host
  console.error(
    `DASHBOARD_HOST must be a host name such as holo.example.com, not "${text}": nobody can sign in until then`,
  )
  return NOWHERE
}

export function toHostRole(
  dashboardHost: string | undefined,
  { hostname }: Pick<URL, 'hostname'>,
): HostRole {
  if (dashboardHost === undefined) return 'anywhere'
  return hostname.replace(/\.$/, '') === dashboardHost ? 'dashboard' : 'site'
}
