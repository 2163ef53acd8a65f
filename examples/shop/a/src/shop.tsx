// The frame of release 0.0.3, and which page an address shows. Pages beyond the catalogue and the
// basket are fetched when they are first opened.

import { lazyPage } from '../../shared/web/lazy-page.tsx'
import { Link, usePath } from '../../shared/web/location.tsx'
import { ReleaseLine } from '../../shared/web/release-line.tsx'
import { RELEASE } from '../release.ts'
import { useBasket } from './basket.ts'
import { BasketPage } from './basket-page.tsx'
import { CataloguePage } from './catalogue-page.tsx'

const ProductPage = lazyPage(() => import('./product-page.tsx').then((page) => page.ProductPage))
const CheckoutPage = lazyPage(() => import('./checkout-page.tsx').then((page) => page.CheckoutPage))
const AboutPage = lazyPage(() => import('./about-page.tsx').then((page) => page.AboutPage))

export function Shop() {
  const pieces = useBasket().reduce((sum, { quantity }) => sum + quantity, 0)
  return (
    <>
      <header class="top">
        <Link to="/" class="brand" testId="nav-home">
          <img src="/logo.svg" width="40" height="40" alt="" />
          <span>Kiln &amp; Row</span>
        </Link>
        <span class="badge">release {RELEASE}</span>
        <nav>
          <Link to="/about" testId="nav-about">
            About
          </Link>
          <Link to="/basket" testId="nav-basket">
            Basket (<span data-testid="basket-count">{pieces}</span>)
          </Link>
        </nav>
      </header>
      <main>
        <Page />
      </main>
      <footer>
        <ReleaseLine release={RELEASE} />
      </footer>
    </>
  )
}

function Page() {
  const path = usePath()
  const [, first = '', second] = path.split('/')
  if (first === '') return <CataloguePage />
  if (first === 'product' && second !== undefined) return <ProductPage id={second} key={second} />
  if (path === '/basket') return <BasketPage />
  if (path === '/checkout') return <CheckoutPage />
  if (path === '/about') return <AboutPage />
  return (
    <p data-testid="no-such-page">
      There is no such page. <Link to="/">Back to the shop</Link>
    </p>
  )
}
