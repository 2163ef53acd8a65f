import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import './style.css'
import './worker.js'

/** Pages that are loaded when they are opened. */
const PAGES = {
  '/about': () => import('./about.jsx'),
  '/items': () => import('./items.jsx'),
}

function Home() {
  return (
    <main id="page-home" data-release="__RELEASE__">
      Home of __RELEASE__
    </main>
  )
}

function usePath() {
  const [path, setPath] = useState(location.pathname)
  useEffect(() => {
    const follow = () => setPath(location.pathname)
    addEventListener('popstate', follow)
    return () => removeEventListener('popstate', follow)
  }, [])
  const go = (event) => {
    event.preventDefault()
    history.pushState(null, '', event.currentTarget.href)
    setPath(location.pathname)
  }
  return [path, go]
}

function Page({ path }) {
  const [shown, setShown] = useState({ path: '/', Page: Home })
  useEffect(() => {
    const load = PAGES[path]
    if (!load) setShown({ path, Page: Home })
    else load().then((module) => setShown({ path, Page: module.Page }))
  }, [path])
  return shown.path === path || path in PAGES === false ? <shown.Page /> : null
}

function Shop() {
  const [path, go] = usePath()
  const [api, setApi] = useState()
  const [More, setMore] = useState()
  const ask = async () => {
    const { release } = await (await fetch('/api/version')).json()
    if (release !== '__RELEASE__') console.error(`page __RELEASE__, backend ${release}`)
    setApi(release)
  }
  useEffect(() => void ask(), [])
  return (
    <>
      <nav data-release="__RELEASE__">
        <a id="nav-home" href="/" onClick={go}>Home</a>
        <a id="nav-about" href="/about" onClick={go}>About</a>
        <a id="nav-items" href="/items" onClick={go}>Items</a>
      </nav>
      <button type="button" id="ask" onClick={() => setApi(undefined) || ask()}>Ask</button>
      <button type="button" id="load-more" onClick={async () => {
        const { More } = await import('./more.jsx')
        setMore(() => More)
      }}>More</button>
      {api && <p id="api" data-release={api}>Backend of {api}</p>}
      {More && <More />}
      <Page path={path} />
    </>
  )
}

render(<Shop />, document.getElementById('app'))
