// Credentials that somebody made up, spoiled, took from somewhere or shows too late. Each is a set of
// headers, a query or both; none of them may ever be let in.

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { exportJWK } from 'jose'
import { encode } from '../support/access-team.ts'
import { type AdminEdge, FIRST_TOKEN, TEAM } from '../support/api-edge.ts'

export type Forgery = {
  readonly name: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly query?: string
}

const bearer = (name: string, token: string): Forgery => ({
  name,
  headers: { authorization: `Bearer ${token}` },
})
const access = (name: string, jwt: string): Forgery => ({
  name: `JWT: ${name}`,
  headers: { 'cf-access-jwt-assertion': jwt },
})

/** Authorization headers that are none. */
export const MALFORMED: readonly Forgery[] = [
  ['nothing', ''],
  ['a scheme alone', 'Bearer'],
  ['one letter', 'Bearer a'],
  ['two words', 'Bearer a b'],
  ['two tokens', `Bearer ${FIRST_TOKEN} ${FIRST_TOKEN}`],
  ['a comma', `Bearer ${FIRST_TOKEN},`],
  ['a list', `Bearer ${FIRST_TOKEN}, Bearer ${FIRST_TOKEN}`],
  ['Basic', `Basic ${btoa(`admin:${FIRST_TOKEN}`)}`],
  ['the token without a scheme', FIRST_TOKEN],
  ['another scheme', `Token ${FIRST_TOKEN}`],
  ['quotes', `Bearer "${FIRST_TOKEN}"`],
  ['a tab', `Bearer\t${FIRST_TOKEN}`],
  ['two spaces', `Bearer  ${FIRST_TOKEN}`],
  ['letters beyond ASCII', `Bearer ${'é'.repeat(64)}`],
  ['10 KB', `Bearer ${'a'.repeat(10_240)}`],
  ['an escape', `Bearer ${FIRST_TOKEN}%00`],
  ['JSON', `{"Bearer":"${FIRST_TOKEN}"}`],
].map(([name, authorization = '']) => ({
  name: `Authorization: ${name}`,
  headers: { authorization },
}))

/** The first token and others where no credential is looked for. */
export const MISPLACED: readonly Forgery[] = [
  {
    name: 'two Authorization headers',
    headers: { authorization: [`Bearer ${FIRST_TOKEN}`, 'Bearer x'] },
  },
  {
    name: 'the token in a cookie',
    headers: { cookie: `holo-token=${FIRST_TOKEN}; token=${FIRST_TOKEN}` },
  },
  { name: 'the token in the query', query: `access_token=${FIRST_TOKEN}` },
  { name: 'the token in X-Api-Key', headers: { 'x-api-key': FIRST_TOKEN } },
  {
    name: 'the token in Proxy-Authorization',
    headers: { 'proxy-authorization': `Bearer ${FIRST_TOKEN}` },
  },
  { name: 'the token as the JWT of Access', headers: { 'cf-access-jwt-assertion': FIRST_TOKEN } },
  {
    name: 'the address of an Access user',
    headers: { 'cf-access-authenticated-user-email': 'alice@example.com' },
  },
  {
    name: 'the name of a proxy’s user',
    headers: { 'x-forwarded-user': 'admin', 'remote-user': 'admin' },
  },
  { name: 'Holo-* of scopes', headers: { 'holo-scopes': 'admin', 'holo-actor': 'first token' } },
  { name: 'Holo-Token', headers: { 'holo-token': FIRST_TOKEN } },
  {
    name: 'a header of Workers',
    headers: { 'cf-worker': 'holo.example.com', 'cf-connecting-o2o': '1' },
  },
  {
    name: 'an inner request',
    headers: { 'x-middleware-subrequest': 'src/router', 'cdn-loop': 'holo' },
  },
]

export async function forgeTokens(edge: AdminEdge): Promise<readonly Forgery[]> {
  const one = await edge.createToken(['admin'], 'one')
  const other = await edge.createToken(['read'], 'other')
  const revoked = await edge.createToken(['admin'], 'revoked')
  const expired = await edge.createToken(['admin'], 'expired')
  const idOf = (token: string) => token.split('_')[1] ?? ''
  const secretOf = (token: string) => token.slice(-43)
  await edge.call('DELETE', `/.holo/api/tokens/${idOf(revoked)}`, { token: FIRST_TOKEN })
  await edge.control.query('UPDATE tokens SET expires_at = 1 WHERE id = ?', idOf(expired))
  const flip = (text: string) => (text.endsWith('A') ? 'B' : 'A')
  return [
    bearer('another secret', `holo_${idOf(one)}_${randomBytes(32).toString('base64url')}`),
    bearer('an unknown id', `holo_${'f'.repeat(16)}_${secretOf(one)}`),
    bearer('the id of one and the secret of another', `holo_${idOf(one)}_${secretOf(other)}`),
    bearer('a last letter changed', one.slice(0, -1) + flip(one)),
    bearer('a letter less', one.slice(0, -1)),
    bearer('a letter more', `${one}A`),
    bearer('another prefix', one.replace('holo_', 'hola_')),
    bearer('the prefix in capitals', one.replace('holo_', 'HOLO_')),
    bearer('the secret alone', secretOf(one)),
    bearer('its hash', createHash('sha256').update(one).digest('hex')),
    bearer('padding', `${one}=`),
    bearer('the first token in capitals', FIRST_TOKEN.toUpperCase()),
    bearer('half of the first token', FIRST_TOKEN.slice(0, 32)),
    bearer('the first token twice', FIRST_TOKEN + FIRST_TOKEN),
    bearer('a wildcard', `holo_${'%'.repeat(0)}................_${secretOf(one)}`),
    bearer('zeros', '0'.repeat(64)),
    bearer('one that was revoked', revoked),
    bearer('one that has expired', expired),
  ]
}

export async function forgeJwts({ team }: AdminEdge): Promise<readonly Forgery[]> {
  const right = await team.sign()
  const [header = '', payload = '', signature = ''] = right.split('.')
  const seconds = Math.floor(Date.now() / 1000)
  const claims = (changes: object) => ({ claims: changes as Record<string, unknown> })
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ownJwk = await exportJWK(own.publicKey)
  const signOwn = (input: string) =>
    sign('RSA-SHA256', Buffer.from(input), own.privateKey).toString('base64url')
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signEc = (input: string) =>
    sign('SHA256', Buffer.from(input), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    )
  await team.addKey('gone', false)
  const mallory = encode(
    JSON.stringify({ iss: TEAM, email: 'mallory@example.com', exp: seconds + 60 }),
  )
  const header256 = { alg: 'RS256', kid: 'one', typ: 'JWT' }
  return [
    access('alg none', await team.resign({ alg: 'none', typ: 'JWT' }, () => 'AA')),
    access('alg none without a signature', await team.resign({ alg: 'none' }, () => '')),
    access('alg None', await team.resign({ alg: 'None', kid: 'one' }, () => signature)),
    access('no alg', await team.resign({ kid: 'one' }, () => signature)),
    access('HS256 with the public key', await team.signWithPublicKey()),
    access('RS512', await team.resign({ ...header256, alg: 'RS512' }, signOwn)),
    access('PS256', await team.resign({ ...header256, alg: 'PS256' }, signOwn)),
    access(
      'ES256 with a key of its own',
      await team.resign({ ...header256, alg: 'ES256' }, signEc),
    ),
    access('RS256 with a key of its own', await team.resign(header256, signOwn)),
    access('a key that it brings along', await team.resign({ ...header256, jwk: ownJwk }, signOwn)),
    access(
      'a key from elsewhere',
      await team.resign({ ...header256, jku: 'https://evil.example/jwks' }, signOwn),
    ),
    access(
      'a certificate from elsewhere',
      await team.resign({ ...header256, x5u: 'https://evil.example/x' }, signOwn),
    ),
    access(
      'an extension that must be understood',
      await team.resign({ ...header256, crit: ['b64'], b64: false }, signOwn),
    ),
    access('another kid', await team.resign({ ...header256, kid: 'two' }, () => signature)),
    access(
      'a kid that is a path',
      await team.resign({ ...header256, kid: '../../../dev/null' }, () => signature),
    ),
    access(
      'a kid that is SQL',
      await team.resign({ ...header256, kid: "' OR 1=1 --" }, () => signature),
    ),
    access('a key that was taken away', await team.sign({ kid: 'gone' })),
    access('another audience', await team.sign(claims({ aud: ['b'.repeat(64)] }))),
    access('no audience', await team.sign(claims({ aud: undefined }))),
    access('another team', await team.sign(claims({ iss: 'https://evil.cloudflareaccess.com' }))),
    access('a team with a slash', await team.sign(claims({ iss: `${TEAM}/` }))),
    access('a time that is over', await team.sign(claims({ exp: seconds - 60 }))),
    access('no end', await team.sign(claims({ exp: undefined }))),
    access('a time to come', await team.sign(claims({ nbf: seconds + 600 }))),
    access('nobody', await team.sign(claims({ email: undefined }))),
    access('another payload', `${header}.${mallory}.${signature}`),
    access('no signature', `${header}.${payload}.`),
    access('an empty signature', `${header}.${payload}.AA`),
    access('two parts', `${header}.${payload}`),
    access('five parts', `${right}.AA.AA`),
    access('JSON', JSON.stringify({ payload, signatures: [{ protected: header, signature }] })),
    access('10 KB', `${header}.${'A'.repeat(10_240)}.${signature}`),
    access('two headers', `${right}, ${right}`),
    bearer('a JWT as a token', right),
    { name: 'a JWT in the cookie of Access', headers: { cookie: `CF_Authorization=${right}` } },
    { name: 'a JWT in the query', query: `jwt=${right}` },
  ]
}

/** With a JWT that counts: what another site's page could make a browser send along. */
export const CROSS_SITE: readonly Forgery[] = [
  { name: 'another site', headers: { 'sec-fetch-site': 'cross-site' } },
  { name: 'a sibling of this site', headers: { 'sec-fetch-site': 'same-site' } },
  { name: 'a word that is none', headers: { 'sec-fetch-site': 'Same-Origin' } },
  { name: 'an old browser on another site', headers: { origin: 'https://evil.example' } },
  { name: 'a sandboxed frame', headers: { origin: 'null' } },
  { name: 'an old browser that names this site', headers: { origin: 'https://shop.example.com' } },
]
