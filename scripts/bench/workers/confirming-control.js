// Replaces the control in a workerd without Durable Objects: the newest document is the text that `readText`
// returns.

export function createControl(readText, collected = {}) {
  let own
  const load = async () => {
    const text = await readText()
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
    return { text, digest: new Uint8Array(hash).toHex(), revision: JSON.parse(text).revision }
  }
  return {
    sync: async ({ held }) => {
      own ??= await load()
      const { text, digest, revision } = own
      const current = { revision, digest }
      return { current, text: held?.digest === digest ? undefined : text, nextMs: 2000, collected }
    },
  }
}
