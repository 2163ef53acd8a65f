// The charset that a file declares for itself. A header overrides the declaration, so a header that
// says something else turns every accented letter of an old page into garbage.

const XML = /^(?:image\/svg\+xml|application\/xml|text\/xml|[^;]+\+xml)$/
const HTML = /^text\/html$/
const CSS = /^text\/css$/

/** HTML section 4.2.5.5: within the first 1024 bytes. XML and CSS declare in their first line. */
const MAX_DECLARATION_BYTES = 1_024

/** XML 1.0 section 4.3.3. */
const XML_DECLARATION = /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/
const META = /<meta\s[^>]*?charset\s*=\s*["']?\s*([A-Za-z][\w.:-]*)/i
/** CSS Syntax section 3.2: exactly these bytes. */
const AT_CHARSET = /^@charset "([^"]+)";/

/**
 * The charset in lower case that a file of `type` (without parameters) declares in its beginning;
 * `undefined` where it declares none, or one that no browser knows.
 */
export function readDeclaredCharset(type: string, content: Uint8Array): string | undefined {
  const mark = readByteOrderMark(content)
  if (mark) return mark
  const pattern = XML.test(type)
    ? XML_DECLARATION
    : HTML.test(type)
      ? META
      : CSS.test(type)
        ? AT_CHARSET
        : undefined
  if (!pattern) return undefined
  const head = new TextDecoder('latin1').decode(content.subarray(0, MAX_DECLARATION_BYTES))
  const label = pattern.exec(head)?.[1]?.toLowerCase()
  // What was read as single bytes is not UTF-16, whatever it says (HTML section 13.2.3.2).
  return label !== undefined && isKnown(label) && !label.startsWith('utf-16') ? label : undefined
}

/** A byte order mark goes before everything else (Encoding section 6.1). */
function readByteOrderMark([first, second]: Uint8Array): string | undefined {
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return first === 0xff && second === 0xfe ? 'utf-16le' : undefined
}

function isKnown(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== ''
  } catch {
    return false
  }
}
