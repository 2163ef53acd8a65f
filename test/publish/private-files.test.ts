// Which files never become public by accident. Nothing of what is in a refused file may be repeated.

import { generateKeyPairSync } from 'node:crypto'
import { cpSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PublishError } from '../../src/publish/messages.ts'
import { surveyFolder } from '../../src/publish/survey.ts'
import { toCasePath } from '../support/cases.ts'
import { makeFolder } from './folder.ts'

type Asked = { exclude?: readonly string[]; allow?: readonly string[] }
const survey = (folder: string, asked: Asked = {}) =>
  surveyFolder({ folder, hashedGlobs: [], retained: [], ...asked }, () => {})

const refusalOf = async (folder: string, asked: Asked = {}): Promise<string> => {
  const failure = await survey(folder, asked).catch((error: unknown) => error)
  return failure instanceof PublishError ? failure.message : ''
}
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})

/** What becomes of each file of test/fixtures/cases/server-files. */
const REFUSED = [
  '/.env',
  '/.env.production',
  '/.npmrc',
  '/_routes.json',
  '/_worker.js',
  '/appsettings.json',
  '/backup.sql',
  '/config.php',
  '/dump.rdb',
  '/firebase-adminsdk-abc.json',
  '/functions/api/hello.js',
  '/id_rsa',
  '/index.php',
  '/keystore.jks',
  '/kubeconfig',
  '/node_modules',
  '/server.key',
  '/terraform.tfstate',
]
const LEFT_OUT_WITH_A_NOTICE = [
  '/.assetsignore',
  '/.htaccess',
  '/Dockerfile',
  '/composer.lock',
  '/npm-debug.log',
  '/package-lock.json',
  '/web.config',
]
const PUBLISHED = ['/app.js.map', '/index.html', '/manifest.json', '/package.json', '/users.csv']
const PUBLISHED_WITH_A_NOTICE = ['/package.json', '/users.csv']

describe('a folder with server code and secrets in it', () => {
  it('is refused, and every file of them is named', async () => {
    const message = await refusalOf(toCasePath('server-files'))
    expect(
      message
        .split('\n')
        .slice(1, -1)
        .map((line) => line.trim().split(':')[0]),
    ).toEqual(REFUSED)
    expect(message).toMatch(/Delete these files, .*--exclude GLOB .*--allow GLOB/)
  })

  it('is published without them when they are excluded', async () => {
    const exclude = REFUSED.flatMap((path) => [path, `${path}/**`])
    const { files, warnings } = await survey(toCasePath('server-files'), { exclude })
    expect(files.map(({ path }) => path)).toEqual(PUBLISHED)
    const about = (text: RegExp) =>
      warnings.filter((line) => text.test(line)).map((line) => line.split(' ')[0])
    expect(about(/ is not served: /)).toEqual(LEFT_OUT_WITH_A_NOTICE)
    expect(about(/ is published: /)).toEqual(PUBLISHED_WITH_A_NOTICE)
  })

  it('is published with those that are allowed', async () => {
    const exclude = ['/_worker.js/**', '/functions/**', '/node_modules/**']
    const allow = ['/**']
    const { files } = await survey(toCasePath('server-files'), { exclude, allow })
    const paths = files.map(({ path }) => path)
    for (const path of ['/index.php', '/id_rsa', '/.env', '/appsettings.json']) {
      expect(paths).toContain(path)
    }
    expect(paths.some((path) => path.startsWith('/functions/'))).toBe(false)
  })
})

describe('a name', () => {
  const judge = async (name: string) =>
    (await refusalOf(makeFolder({ 'index.html': '', [name]: 'x' }))) === ''
      ? 'published'
      : 'refused'

  it.each([
    '_worker.js',
    '_worker.js/index.js',
    '_routes.json',
    'functions/api/hello.ts',
    'index.php',
    'appsettings.json',
    'terraform.tfstate',
    '.env',
    '.env.local',
    '.env.production',
    '.envrc',
    'app/.env',
    '.well-known/.env',
    '.dev.vars',
    '.npmrc',
    'admin/.htpasswd',
    '.ssh/known_hosts',
    'api/login.php',
    'Default.aspx',
    'cgi-bin/mail.cgi',
    'appsettings.Production.json',
    'service-account.json',
    'keys/my-service_account-prod.json',
    'client_secret_123.apps.googleusercontent.com.json',
    'infra/prod.tfvars',
    'terraform.tfstate.backup',
    'prod.env',
    'deploy_rsa',
    'cert.p12',
    'wp-config.php.bak',
    'db-backup-2026.sql.gz',
    'functions/[[path]].ts',
    'netlify/functions/hello.js',
    'supabase/functions/hello/index.ts',
    'api/hello.ts',
    'api/v1/index.py',
    'old/config.php~',
    'index.php.save',
    'shop.war',
    'WEB-INF/web.xml',
    'manage.py',
    'shop/settings.py',
    'config/database.ini',
    'Properties/launchSettings.json',
    'google-credentials.json',
    'app-secrets.json',
    'k8s/db-secret.yaml',
    'prod.api.env',
    'android/key.properties',
    'deploy.tfplan',
    'wallet.dat',
    'recorded.har',
    'server.pcap',
    'AUTH',
    'Staticfile.auth',
  ])('%s is refused', async (name) => {
    expect(await judge(name)).toBe('refused')
  })

  it.each([
    'functions/index.html',
    'docs/functions/index.html',
    'blog/environment.html',
    'users.json',
    'credentials.html',
    'assets/node_modules/@expo/font.ttf',
    'secret-garden.jpg',
    'backup.svg',
    'examples/hello.py',
    'cert.pem',
    'keyboard.js',
    '.well-known/.hidden',
    'api/index.html',
    'api/assets/search.js',
    'auth.html',
    'locales/en/secrets.html',
    'translations/password.json',
    'server/index.js',
  ])('%s is published', async (name) => {
    expect(await judge(name)).toBe('published')
  })

  it.each([
    'guides/credentials',
    'reference/dockerfile',
    'docs/caddyfile',
    'docs/package-lock.json',
    'auth',
    'docs/appsettings.json',
    'cli/htpasswd',
    'docs/web.config',
    'wiki/id_rsa',
    'formats/x.key',
    'logs/error.log',
  ])('%s may be the folder of a page', async (folder) => {
    const { files, warnings } = await survey(makeFolder({ [`${folder}/index.html`]: '' }))
    expect(files.map(({ path }) => path)).toEqual([`/${folder}/index.html`])
    expect(warnings).toEqual([])
  })

  it.each(['node_modules', 'WEB-INF', '_worker.js', '.ssh', 'home/.aws'])(
    'a folder %s is refused, whatever is in it, and so is a link to it',
    async (name) => {
      const folder = makeFolder({ 'index.html': '', [`${name}/index.html`]: '' })
      expect(await refusalOf(folder)).toContain(`  /${name}: `)
      symlinkSync(join(folder, name), join(folder, 'link'))
      expect(await refusalOf(folder, { exclude: [`/${name}`] })).toContain(
        `/link is a link that leads to /${name}, which is not served`,
      )
    },
  )

  it.each(['.env', 'app/.env.local'])('%s is published when it is allowed', async (name) => {
    const folder = makeFolder({ 'index.html': '', [name]: 'PUBLIC=1' })
    const { files } = await survey(folder, { allow: [`/${name}`] })
    expect(files.map(({ path }) => path)).toContain(`/${name}`)
    expect((await survey(folder, { exclude: [`/${name}`] })).files).toHaveLength(1)
  })

  it.each([
    ['server/entry.mjs', 'client/app.js'],
    ['server/chunks/page.mjs', 'browser/app.js'],
    ['server/index.js', 'public/app.js'],
  ])('%s is refused where %s is beside it: a framework has written both', async (name, beside) => {
    const folder = makeFolder({ 'index.html': '', [name]: 'x', [beside]: 'x' })
    const message = await refusalOf(folder)
    expect(message).toContain(`/${name}: server code`)
    expect(message).toContain(`publish /${beside.split('/')[0]} instead`)
  })

  it.each(['error_log', 'logs/debug.log', 'passwords.csv'])(
    '%s is published, and its publisher is told',
    async (name) => {
      const { warnings } = await survey(makeFolder({ 'index.html': '', [name]: 'x' }))
      expect(warnings).toEqual([expect.stringContaining(`/${name} is published: it `)])
    },
  )

  it('appsettings.json of a Blazor app is what the app reads, and its publisher is told', async () => {
    const folder = makeFolder({
      'index.html': '',
      '_framework/blazor.webassembly.js': '',
      'appsettings.json': '{}',
    })
    const { files, warnings } = await survey(folder)
    expect(files.map(({ path }) => path)).toContain('/appsettings.json')
    expect(warnings).toEqual([expect.stringContaining('/appsettings.json is published')])
  })
})

describe('a private key', () => {
  it.each([
    ['tls.pem', privateKey],
    ['notes.txt', `copied: ${privateKey}`],
    ['config.json', JSON.stringify({ key: privateKey })],
    ['bundle.js', `const key = ${JSON.stringify(privateKey)}`],
    [
      'account.json',
      '{"type": "service_account", "private_key_id": "1", "private_key": "in another form"}',
    ],
    ['user.json', '{"type": "authorized_user", "refresh_token": "1//0abc"}'],
  ])('is found in %s, and not a piece of it is repeated', async (name, content) => {
    const message = await refusalOf(makeFolder({ 'index.html': '', [name]: content }))
    expect(message).toContain(`/${name}: `)
    const line = privateKey.split('\n')[3] ?? ''
    expect(line.length).toBeGreaterThan(40)
    expect(message).not.toContain(line)
    expect(message).not.toContain('BEGIN')
  })

  it('may be allowed where it is an example', async () => {
    const folder = makeFolder({ 'index.html': '', 'docs/example.pem': privateKey })
    expect(await refusalOf(folder, { allow: ['/docs/*.pem'] })).toBe('')
  })

  it('is not seen in the code of a library that reads keys, nor in a certificate', async () => {
    const folder = makeFolder({
      'index.html': '',
      'jose.js':
        "if (!pem.startsWith('-----BEGIN PRIVATE KEY-----')) throw new TypeError('pkcs8 must be PKCS#8 formatted string, which begins otherwise')",
      'public.pem':
        '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo\n',
    })
    expect(await refusalOf(folder)).toBe('')
  })
})

it('leaves out what systems leave behind without a word', async () => {
  const folder = makeFolder({ 'index.html': '' })
  cpSync(toCasePath('server-files/Thumbs.db'), `${folder}/Thumbs.db`)
  cpSync(toCasePath('server-files/desktop.ini'), `${folder}/desktop.ini`)
  const { files, warnings } = await survey(folder)
  expect([files.length, warnings]).toEqual([1, []])
  rmSync(folder, { recursive: true })
})
