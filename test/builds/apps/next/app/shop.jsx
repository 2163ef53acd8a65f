'use client'

import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useEffect, useState } from 'react'

// Of a build with a `deploymentId`.
const id = process.env.NEXT_DEPLOYMENT_ID
const headers = id ? { 'x-deployment-id': id } : {}

const More = dynamic(() => import('./more'))

export function Shop() {
  const [api, setApi] = useState()
  const [isLong, setLong] = useState(false)
  const ask = async () => {
    setApi(undefined)
    const { release } = await (await fetch('/api/version', { headers })).json()
    if (release !== '__RELEASE__') console.error(`page __RELEASE__, backend ${release}`)
    setApi(release)
  }
  useEffect(() => void ask(), [])
  return (
    <>
      <nav data-release="__RELEASE__">
        <Link id="nav-home" href="/">Home</Link>
        <Link id="nav-about" href="/about">About</Link>
        <Link id="nav-items" href="/items" prefetch={false}>Items</Link>
      </nav>
      <button type="button" id="ask" onClick={ask}>Ask</button>
      <button type="button" id="load-more" onClick={() => setLong(true)}>More</button>
      {api && <p id="api" data-release={api}>Backend of {api}</p>}
      {isLong && <More />}
    </>
  )
}
