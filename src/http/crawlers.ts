// Which clients are known crawlers, by their own word. They stay on the first public environment, so
// that an index and a link preview never show a canary.

/** Product tokens of search engines, link previews and archives, as their operators publish them. */
const TOKENS = [
  ...[
    'Googlebot',
    'Storebot-Google',
    'AdsBot-Google',
    'Mediapartners-Google',
    'Google-InspectionTool',
  ],
  ...[
    'GoogleOther',
    'bingbot',
    'BingPreview',
    'adidxbot',
    'DuckDuckBot',
    'YandexBot',
    'Baiduspider',
  ],
  ...[
    'Applebot',
    'Slurp',
    'SeznamBot',
    'PetalBot',
    'Qwantbot',
    'Yeti/',
    'archive.org_bot',
    'CCBot',
  ],
  ...['facebookexternalhit', 'meta-externalagent', 'Twitterbot', 'LinkedInBot', 'Pinterestbot'],
  ...['Slackbot', 'Discordbot', 'TelegramBot', 'WhatsApp/', 'SkypeUriPreview', 'redditbot'],
  ...['GPTBot', 'OAI-SearchBot', 'ClaudeBot', 'PerplexityBot', 'Amazonbot', 'Bytespider'],
  ...['AhrefsBot', 'SemrushBot', 'MJ12bot', 'DotBot', 'Lighthouse'],
]

const CRAWLER = new RegExp(TOKENS.map((token) => token.replace(/[./]/g, '\\$&')).join('|'), 'i')

export function isCrawler(userAgent: string | null): boolean {
  return userAgent !== null && CRAWLER.test(userAgent)
}
