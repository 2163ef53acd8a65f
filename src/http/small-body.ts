// Reads the body of a small request as text, and no more of it than it may have.

/** `undefined` if it broke off. */
export async function readSmallBody(
  { headers, body }: Request,
  maxBytes: number,
): Promise<string | 'too_large' | undefined> {
  if (!(Number(headers.get('content-length') ?? 0) <= maxBytes)) return 'too_large'
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.length
      if (bytes > maxBytes) return 'too_large'
      text += decoder.decode(chunk, { stream: true })
    }
    return text + decoder.decode()
  } catch {
    return undefined
  }
}
