import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openClaim } from '../../../slot/open-claim.ts'
import { isHttpIri, isWithin, trustedIssuers } from './issuers.ts'

const trustOf = (trust: Parameters<typeof trustedIssuers>[0]['access']['trust'], platform = { domain: 'play.test', scheme: 'http' as const, port: 8080 }) =>
  trustedIssuers({ baseUrl: 'http://me.play.test:8080', access: { ...openClaim().access, trust }, platform })

test.each([
  ['http://other.play.test:8080', 'http://other.play.test:8080/logistics-objects/x', true],
  ['http://other.play.test:8080', 'http://third.play.test:8080/logistics-objects/x', false],
  ['http://other.play.test:8080', 'http://me.play.test:8080/logistics-objects/_data-holder', false],
  ['http://other.play.test:8080', 'http://other.play.test:8080.evil.test/logistics-objects/x', false],
  ['http://other.play.test:9999', 'http://other.play.test:9999/logistics-objects/x', false],
  ['https://other.play.test:8080', 'https://other.play.test:8080/logistics-objects/x', false],
  ['http://a.b.play.test:8080', 'http://a.b.play.test:8080/logistics-objects/x', false],
  ['http://play.test:8080', 'http://play.test:8080/logistics-objects/x', false],
  ['http://evil.test/x.play.test:8080', 'http://evil.test/x.play.test:8080/y', false],
  ['http://user@other.play.test:8080', 'http://user@other.play.test:8080/x', false],
  ['http://me.play.test:8080', 'http://me.play.test:8080/logistics-objects/x', false],
])('the sibling %s may speak for %s: %s', (issuer, agent, trusted) => {
  const trust = trustOf([]).trust(issuer, agent, null)
  expect(trust).toEqual(trusted ? { issuer, jwksUri: `${issuer}/.well-known/jwks.json`, isSibling: true } : null)
})

test('a sibling on the standard port has none in its address', () => {
  const issuers = trustOf([], { domain: 'play.test', scheme: 'http', port: 80 })
  expect([issuers.trust('http://a.play.test', 'http://a.play.test/x', null)?.isSibling, issuers.trust('http://a.play.test:80', 'http://a.play.test:80/x', null)]).toEqual([true, null])
})

test('a partner of the record is vouched for by the issuer that it names, and by no other', () => {
  const issuers = trustOf([])
  const vouched = { issuer: 'https://idp.test', jwksUri: null }
  expect(issuers.trust('https://idp.test', 'https://airline.test/a', vouched)).toEqual({ issuer: 'https://idp.test', jwksUri: null, isSibling: false })
  expect(issuers.trust('https://other.test', 'https://airline.test/a', vouched)).toBeNull()
  expect(issuers.trust('https://idp.test', 'https://airline.test/a', null)).toBeNull()
})

test('an issuer without limits speaks for all but this deployment’s own agents, unless they are named', () => {
  const own = 'http://me.play.test:8080/logistics-objects/_data-holder'
  expect(trustOf([{ issuer: 'i', jwksUri: null, agents: null }]).trust('i', own, null)).toBeNull()
  expect(trustOf([{ issuer: 'i', jwksUri: null, agents: [own] }]).trust('i', own, null)).not.toBeNull()
})

test.each([
  ['https://a.test/x', true], ['http://a.test', true], ['HTTPS://a.test/ü', true], ['ftp://a.test', false], ['https://', false], ['https:/a.test', false], ['//a.test', false], ['https://u:p@a.test', false],
  ['https://a.test/a b', false], ['https://a.test/\u0000', false], ['https://a.test/../b', false], ['https://a.test/%2E%2e/b', false], [`https://a.test/${'x'.repeat(500)}`, false], ['javascript:alert(1)', false],
])('%s is the web address of an agent: %s', (iri, is) => expect(isHttpIri(iri)).toBe(is))

test('what is within a prefix is on the same host and below it', () => {
  expect(isWithin('https://a.test/x', 'https://a.test')).toBe(true)
  fc.assert(fc.property(fc.constantFrom('https://a.test', 'https://a.test/', 'https://a.test/x', 'http://a.test:8080', 'https://a.test/x?y=z', 'https://a.test/x#org'), fc.string({ unit: fc.constantFrom('a', '.', '/', '@', ':', '-') }), (prefix, rest) => {
    const iri = prefix + rest
    expect(isWithin(iri, prefix) && URL.parse(iri)?.host !== URL.parse(prefix)?.host).toBe(false)
  }), { numRuns: 500 })
})
