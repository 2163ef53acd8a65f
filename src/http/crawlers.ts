// Which clients identify themselves as programs. Known crawlers stay on the first public
// environment, so that an index and a link preview never show a canary. Other programs are no
// visitors: they get no bucket by chance, and are not judged.

import { isbot } from 'isbot'
import { memoise } from '../core/memoise.ts'

export type Agent = {
  /** Stays on the first public environment, whatever its cookies say. */
  readonly crawler: boolean
  /** A program, crawlers included: its requests are no evidence about a version. */
  readonly automated: boolean
  /** A program that probably keeps no cookies: without an identity it gets no bucket. */
  readonly stateless: boolean
}

const UNNAMED: Agent = { crawler: false, automated: false, stateless: false }

/**
 * Product tokens of search engines, link previews and archives, as their operators publish them.
 */
const TOKENS = [
  'Googlebot',
  'Storebot-Google',
  'AdsBot-Google',
  'Mediapartners-Google',
  'Google-InspectionTool',
  'GoogleOther',
  'bingbot',
  'BingPreview',
  'adidxbot',
  'DuckDuckBot',
  'YandexBot',
  'Baiduspider',
  'Applebot',
  'Slurp',
  'SeznamBot',
  'PetalBot',
  'Qwantbot',
  'Yeti/',
  'archive.org_bot',
  'CCBot',
  'facebookexternalhit',
  'meta-externalagent',
  'Twitterbot',
  'LinkedInBot',
  'Pinterestbot',
  'Slackbot',
  'Discordbot',
  'TelegramBot',
  'WhatsApp/',
  'SkypeUriPreview',
  'redditbot',
  'GPTBot',
  'OAI-SearchBot',
  'ClaudeBot',
  'PerplexityBot',
  'Amazonbot',
  'Bytespider',
  'AhrefsBot',
  'SemrushBot',
  'MJ12bot',
  'DotBot',
  'Lighthouse',
]

const CRAWLER = new RegExp(TOKENS.map((token) => token.replace(/[./]/g, '\\$&')).join('|'), 'i')

/** Headless browsers have this in their name. They keep cookies as others do. */
const HEADLESS = /Headless(?=Chrome)/g

const readNamed = memoise((userAgent): Agent => {
  const automated = isbot(userAgent)
  return {
    crawler: isCrawler(userAgent),
    automated,
    stateless: automated && isbot(userAgent.replace(HEADLESS, '')),
  }
})

/**
 * What a User-Agent says about its client. Without the header, the client is taken for a browser.
 */
export function readAgent(userAgent: string | null): Agent {
  return userAgent ? readNamed(userAgent) : UNNAMED
}

export function isCrawler(userAgent: string | null): boolean {
  return userAgent !== null && CRAWLER.test(userAgent)
}
