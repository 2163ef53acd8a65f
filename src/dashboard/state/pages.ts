// The pages, in the order of the navigation. The table has only those that exist.

export const PAGES = [
  { path: 'now', title: 'Now', about: 'How the site is at this moment', key: 'n' },
  { path: 'traffic', title: 'Traffic', about: 'Shift visitors, point, swap', key: 't' },
  { path: 'rollouts', title: 'Rollouts', about: 'Releases step by step', key: 'r' },
  { path: 'shadow', title: 'Shadow', about: 'What another backend would have answered', key: 's' },
  { path: 'versions', title: 'Versions', about: 'What has been published', key: 'v' },
  { path: 'try', title: 'Try a visitor', about: 'Why a request gets what it gets', key: 'y' },
  {
    path: 'rules',
    title: 'Rules and settings',
    about: 'Who is sent where before traffic counts',
    key: 'u',
  },
  { path: 'flags', title: 'Flags', about: 'Who gets which variant, and why', key: 'f' },
  { path: 'webhooks', title: 'Webhooks', about: 'Who is told, and what was delivered', key: 'w' },
  { path: 'audit', title: 'Audit', about: 'Who did what, when and why', key: 'a' },
] as const

export type PagePath = (typeof PAGES)[number]['path']
