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
test.each([
  [[], 'no store'], [['--store', 'x', '--port', '70000'], 'a port that is none'], [['--store', 'x', '--open', '--host', '0.0.0.0'], 'open to a network'],
  [['--store', 's3://records'], 'a bucket without credentials'], [['--store', 'ftp://x/y'], 'another kind of store'], [['--store', 'x', '--base', 'ftp://x'], 'a base that is no web address'], [['--stor', 'x'], 'an unknown option'],
])('refuses %j: %s', (args) => expect(() => readOptions(args, {})).toThrow(/--|AWS_/))
