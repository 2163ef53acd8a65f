// The script of the bar, as browsers get it: which version one is looking at, a list to show another one,
// a way out, and a button that hides the bar in this tab. It needs no inline code, no inline style and no
// connection, so that it works under a strict policy; its shadow root keeps the page's styles out.

export const BAR_SCRIPT = `(() => {
  const me = document.currentScript
  if (!me) return
  const said = JSON.parse(me.dataset.holo)
  me.remove()
  const KEY = 'holo-preview-bar'
  const stored = (work) => { try { return work(sessionStorage) } catch { return null } }
  if (stored((kept) => kept.getItem(KEY)) === said.version) return
  const make = (name, text, fields) => Object.assign(document.createElement(name), { textContent: text }, fields)
  const go = (query) => {
    const to = location.pathname + location.search + location.hash
    location.assign('/.holo/preview?' + query + '&to=' + encodeURIComponent(to))
  }
  const show = () => {
    const host = make('div', '')
    const root = host.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(\`
      :host { all: initial; position: fixed; z-index: 2147483647; left: 12px; bottom: 12px; max-width: calc(100vw - 24px) }
      section { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; padding: 6px 8px 6px 12px; border-radius: 8px;
        background: #16181d; color: #f4f5f7; font: 13px/1.4 system-ui, sans-serif; box-shadow: 0 2px 12px #0006 }
      b { overflow-wrap: anywhere }
      button, select { font: inherit; color: inherit; background: #2b2f38; border: 1px solid #565c69; border-radius: 5px; padding: 3px 8px; max-width: 40ch; cursor: pointer }
      :focus-visible { outline: 2px solid #8ab4ff; outline-offset: 1px }
      @media print { :host { display: none } }\`)
    root.adoptedStyleSheets = [sheet]
    const bar = make('section', '')
    bar.setAttribute('aria-label', 'Preview')
    const hide = () => { stored((kept) => kept.setItem(KEY, said.version)); host.remove() }
    bar.append(make('span', 'Preview of '), make('b', said.version))
    if (said.environment) bar.append(make('span', '(' + said.environment + ')'))
    if (said.until) bar.append(make('span', 'until ' + new Date(said.until).toLocaleString()))
    if (said.choices.length > 1) {
      const list = make('select', '')
      list.setAttribute('aria-label', 'Show')
      for (const { value, label } of said.choices) {
        list.append(make('option', label, { value, selected: value === said.choice }))
      }
      const button = make('button', 'Show', { type: 'button', onclick: () => go('choose=' + encodeURIComponent(list.value)) })
      bar.append(list, button)
    }
    bar.append(
      make('button', 'Leave the preview', { type: 'button', onclick: () => go('leave=1') }),
      make('button', '\\u00d7', { type: 'button', title: 'Hide in this tab', ariaLabel: 'Hide in this tab', onclick: hide }),
    )
    bar.addEventListener('keydown', ({ key }) => key === 'Escape' && hide())
    root.append(bar)
    document.documentElement.append(host)
  }
  if (document.readyState === 'complete') show()
  else addEventListener('load', show, { once: true })
})()
`
