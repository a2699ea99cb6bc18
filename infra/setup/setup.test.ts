import { expect, describe, it } from 'vitest'

type Versions = { newEnough(printed: string, wanted: string): boolean }
type Package = { readonly version?: string; readonly integrity?: string; readonly optional?: boolean }
type Lock = { readonly packages: Readonly<Record<string, Package>> }
type Dependencies = { agrees(lock: Lock, installed: Lock): boolean; lockHash(root: string): string; isInstalled(root: string): boolean }

// plain JavaScript, as it runs before anything is installed
const load = (file: string): Promise<unknown> => import(new URL(file, import.meta.url).href)
const { newEnough } = (await load('versions.mjs')) as Versions
const { agrees, lockHash, isInstalled } = (await load('dependencies.mjs')) as Dependencies

describe('a version', () => {
  it.each([
    ['nats-server: v2.15.2', '2.15.2', true],
    ['nats-server: v2.15.10', '2.15.2', true],
    ['nats-server: v2.16.0', '2.15.2', true],
    ['nats-server: v3.0.0', '2.15.2', true],
    ['nats-server: v2.15.1', '2.15.2', false],
    ['nats-server: v2.9.10', '2.15.2', false],
    ['HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/', '2.6', true],
    ['HAProxy version 2.4.22', '2.6', false],
    ['v20.20.2', '20.0', true],
    ['minio version DEVELOPMENT.GOGET', '1.0', false],
    ['', '1.0', false],
  ])('printed as "%s" is at least %s: %s', (printed, wanted, enough) => expect(newEnough(printed, wanted)).toBe(enough))
})

describe('what npm installed', () => {
  const lock: Lock = { packages: { '': {}, a: { version: '1.0.0', integrity: 'x' }, 'a-darwin': { version: '1.0.0', optional: true } } }

  it('agrees with the lock file, but for packages of other platforms', () =>
    expect(agrees(lock, { packages: { a: { version: '1.0.0', integrity: 'x' } } })).toBe(true))
  it.each([
    ['another version', { a: { version: '1.0.1', integrity: 'x' } }],
    ['another content', { a: { version: '1.0.0', integrity: 'y' } }],
    ['a package missing', {}],
    ['a package too many', { a: { version: '1.0.0', integrity: 'x' }, b: {} }],
  ])('does not agree with %s', (_, packages) => expect(agrees(lock, { packages })).toBe(false))

  it('is stamped with the hash of this lock file, as set-up ran before the tests', () => {
    expect(lockHash('.')).toMatch(/^[0-9a-f]{64}$/)
    expect(isInstalled('.')).toBe(true)
  })
})
