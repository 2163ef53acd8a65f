export default function Home() {
  return <main id="page-home" data-release="__RELEASE__">Home of __RELEASE__</main>
}
