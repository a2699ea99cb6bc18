import { expect, test } from 'vitest'
import { readOptions } from './options.ts'

const BUCKET = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's', AWS_ENDPOINT_URL: 'http://127.0.0.1:9000' }

test('a folder is enough', () =>
  expect(readOptions(['--store', '/data/record'], {})).toMatchObject({ store: { kind: 'folder', path: '/data/record' }, host: '127.0.0.1', port: 8088, base: 'http://127.0.0.1:8088', secrets: '/data/record/secrets.json', open: false }))
test('a bucket with its prefix', () =>
  expect(readOptions(['--store', 's3://records/a/b/'], BUCKET).store).toMatchObject({ kind: 'bucket', access: { bucket: 'records', prefix: 'a/b/', endpoint: 'http://127.0.0.1:9000' } }))
test('the public address has no slash at its end', () => expect(readOptions(['--store', 'x', '--base', 'https://1r.example.com/api/'], {}).base).toBe('https://1r.example.com/api'))
test('open to loopback, and to a network only when that is said', () => {
  expect(readOptions(['--store', 'x', '--open'], {}).open).toBe(true)
  expect(readOptions(['--store', 'x', '--open', '--host', '0.0.0.0', '--open-to-network'], {}).open).toBe(true)
})
test('what it takes, by units, and without limits where none are given', () => {
  expect(readOptions(['--store', 'x'], {}).limits).toMatchObject({ bodyBytes: 16 * 2 ** 20, documentBytes: 2 ** 30, storedBytes: 2 ** 50 })
  expect(readOptions(['--store', 'x', '--max-body', '64k', '--max-document', '1000', '--max-stored', '2G', '--max-objects', '7', '--requests-per-minute', '60'], {}).limits)
    .toEqual({ bodyBytes: 65_536, documentBytes: 1_000, storedBytes: 2 ** 31, objects: 7, requestsPerMinute: 60 })
})
test('whom it trusts, for all or for some', () =>
  expect(readOptions(['--store', 'x', '--trust', 'https://a.example', '--trust', 'https://b.example,https://b.example/logistics-objects/1'], {}).trust)
    .toEqual([{ issuer: 'https://a.example', jwksUri: null, agents: null }, { issuer: 'https://b.example', jwksUri: null, agents: ['https://b.example/logistics-objects/1'] }]))
test('careful unless told otherwise', () => {
  expect(readOptions(['--store', 'x'], {})).toMatchObject({ strictness: 'strict', hideForbidden: true, outboundAllow: '', isBehindProxy: false, log: false, newSecret: false })
  expect(readOptions(['--store', 'x', '--lenient', '--tell-forbidden', '--outbound-allow', '127.0.0.1:8089,:8443', '--behind-proxy', '--log', '--new-secret'], {}))
    .toMatchObject({ strictness: 'lenient', hideForbidden: false, outboundAllow: '127.0.0.1:8089,:8443', isBehindProxy: true, log: true, newSecret: true })
})
test.each([
  [['--store', 'x', '--max-body', '0'], 'nothing'], [['--store', 'x', '--max-body', '16MB'], 'another unit'], [['--store', 'x', '--max-objects', '0'], 'no object'], [['--store', 'x', '--trust', 'partner'], 'an issuer without an address'],
  [['--store', 'x', '--outbound-allow', '10.1'], 'half an address'],
  [[], 'no store'], [['--store', 'x', '--port', '70000'], 'a port that is none'], [['--store', 'x', '--open', '--host', '0.0.0.0'], 'open to a network'],
  [['--store', 's3://records'], 'a bucket without credentials'], [['--store', 'ftp://x/y'], 'another kind of store'], [['--store', 'x', '--base', 'ftp://x'], 'a base that is no web address'], [['--stor', 'x'], 'an unknown option'],
])('refuses %j: %s', (args) => expect(() => readOptions(args, {})).toThrow(/--|AWS_/))
