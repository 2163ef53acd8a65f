// The headers of a signed delivery (Standard Webhooks: https://www.standardwebhooks.com).

const PREFIX = 'whsec_'

/** The key of a secret that `WEBHOOK_SECRET` matches. */
export function toSigningKey(secret: string): ArrayBuffer {
  const bytes = Uint8Array.from(atob(secret.slice(PREFIX.length)), (char) => char.charCodeAt(0))
  return bytes.buffer
}

/** @param at milliseconds since the epoch: of this attempt, so that a receiver may refuse old ones. */
export async function sign(
  key: ArrayBuffer,
  id: string,
  at: number,
  body: string,
): Promise<Readonly<Record<string, string>>> {
  const seconds = String(Math.floor(at / 1000))
  const imported = await crypto.subtle.importKey(
    'raw',
    key,
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  const signed = new TextEncoder().encode(`${id}.${seconds}.${body}`)
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', imported, signed))
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${btoa(String.fromCharCode(...signature))}`,
  }
}
