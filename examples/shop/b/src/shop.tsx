// The frame of release 0.0.5, and which page an address shows. Pages beyond the catalogue and the
// basket are fetched when they are first opened.

import { useEffect } from 'preact/hooks'
import { FailureBox } from '../../shared/web/failure-box.tsx'
import { lazyPage } from '../../shared/web/lazy-page.tsx'
import { Link, usePath } from '../../shared/web/location.tsx'
import { ReleaseLine } from '../../shared/web/release-line.tsx'
import { RELEASE } from '../release.ts'
import { restoreBasket, useBasket, useBasketFailure } from './basket.ts'
import { BasketPage } from './basket-page.tsx'
import { CataloguePage } from './catalogue-page.tsx'

const ProductPage = lazyPage(() => import('./product-page.tsx').then((page) => page.ProductPage))
const CheckoutPage = lazyPage(() => import('./checkout-page.tsx').then((page) => page.CheckoutPage))
const AboutPage = lazyPage(() => import('./about-page.tsx').then((page) => page.AboutPage))

export function Shop() {
  const failure = useBasketFailure()
  useEffect(() => {
    void restoreBasket()
  }, [])
  return (
    <div class="frame">
      <Sidebar />
      <main>
        {failure !== undefined && <FailureBox failure={failure} />}
        <Page />
        <footer>
          <ReleaseLine release={RELEASE} />
        </footer>
      </main>
    </div>
  )
}

function Sidebar() {
  const pieces = (useBasket()?.lines ?? []).reduce((sum, { quantity }) => sum + quantity, 0)
  return (
    <header class="side">
      <Link to="/" class="brand" testId="nav-home">
        <img src="/logo.svg" width="56" height="56" alt="" />
        <span>Kiln &amp; Row</span>
      </Link>
      <span class="badge">release {RELEASE}</span>
      <nav>
        <Link to="/">Catalogue</Link>
        <Link to="/basket" testId="nav-basket">
          Basket{' '}
          <span class="count" data-testid="basket-count">
            {pieces}
          </span>
        </Link>
        <Link to="/about" testId="nav-about">
          About
        </Link>
      </nav>
    </header>
  )
}

function Page() {
  const path = usePath()
  const [, first = '', second] = path.split('/')
  if (first === '') return <CataloguePage />
  // Addresses are those of release 0.0.3, so that bookmarks survive; a SKU is one in capitals.
  if (first === 'product' && second !== undefined) {
    return <ProductPage sku={second.toUpperCase()} key={second} />
  }
  if (path === '/basket') return <BasketPage />
  if (path === '/checkout') return <CheckoutPage />
  if (path === '/about') return <AboutPage />
  return (
    <p data-testid="no-such-page">
      There is no such page. <Link to="/">Back to the catalogue</Link>
    </p>
  )
}
