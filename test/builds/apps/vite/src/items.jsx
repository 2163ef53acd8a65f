import './items.css'

export function Page() {
  return (
    <main id="page-items" class="items" data-styled data-release="__RELEASE__">
      Items of __RELEASE__
    </main>
  )
}
