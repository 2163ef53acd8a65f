// Scopes: what a credential may be used for.

/** `publish` and `shift` include `read`; `admin` includes all. */
export const SCOPES = ['read', 'publish', 'shift', 'admin'] as const

export type Scope = (typeof SCOPES)[number]

/** Whether these scopes allow what needs the scope `needed`. */
export function hasScope(scopes: readonly Scope[], needed: Scope): boolean {
  return (
    scopes.includes('admin') || scopes.includes(needed) || (needed === 'read' && scopes.length > 0)
  )
}
