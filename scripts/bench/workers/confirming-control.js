// Replaces the control in a workerd without Durable Objects: the newest document is the text that `readText`
// returns. `mark` says which validator has accepted it.

export function createControl(readText, collected = {}, mark = null) {
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
      const form = mark ? { form: mark.form } : {}
      const isHeld = held?.digest === digest
      return { current, text: isHeld ? undefined : text, ...form, nextMs: 2000, collected }
    },
  }
}
