// Whether a page shows nothing at all.

/** What people see although it is no text. */
const SEEN = 'img,svg,canvas,video,iframe,object,embed,input,textarea,select,button,picture'

export function isBlank(): boolean {
  const { body } = document
  if (!body) return true
  // biome-ignore lint/performance/useDomNodeTextContent: text that is hidden is not seen
  if (body.innerText?.trim()) return false
  for (const element of body.querySelectorAll(SEEN)) if (hasArea(element)) return false
  // Custom elements keep what they show in a tree of their own.
  for (const element of body.querySelectorAll('*')) {
    if ((element.shadowRoot || element.localName.includes('-')) && hasArea(element)) return false
  }
  return getComputedStyle(body).backgroundImage === 'none'
}

function hasArea(element: Element): boolean {
  const { width, height } = element.getBoundingClientRect()
  return width > 0 && height > 0
}
