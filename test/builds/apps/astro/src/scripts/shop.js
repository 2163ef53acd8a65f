function tell(id, release, text) {
  const line = document.createElement('p')
  line.id = id
  line.dataset.release = release
  line.textContent = text
  document.getElementById(id)?.remove()
  document.getElementById('told').append(line)
}

// Of a build for Netlify.
const id = import.meta.env.PUBLIC_DEPLOY_ID
const headers = id ? { 'X-Netlify-Deploy-ID': id } : {}

async function ask() {
  document.getElementById('api')?.remove()
  const { release } = await (await fetch('/api/version', { headers })).json()
  const page = document.querySelector('nav').dataset.release
  if (release !== page) console.error(`page ${page}, backend ${release}`)
  tell('api', release, `Backend of ${release}`)
}

// Comes with the first page, and with each that the router puts in its place.
document.addEventListener('astro:page-load', () => {
  document.getElementById('ask').addEventListener('click', ask)
  document.getElementById('load-more').addEventListener('click', async () => {
    const { more } = await import('./more.js')
    tell('more', more, `More of ${more}`)
  })
  ask()
})
