import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { SECRET_NAMES, secret } from '../config.ts'
import { makeSecrets } from './secrets.ts'

let folder: string
beforeEach(() => { folder = join(mkdtempSync(join(tmpdir(), 'orp-secrets-')), 'secrets') })
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

it('makes every secret, readable by its owner alone', () => {
  makeSecrets({ SECRETS_DIR: folder })
  expect(readdirSync(folder).toSorted()).toEqual([...SECRET_NAMES, 'pgpass'].toSorted())
  expect(mode(folder)).toBe('700')
  for (const name of readdirSync(folder)) expect(mode(join(folder, name))).toBe('600')
  expect(secret({ SECRETS_DIR: folder }, 'operator-token')).toMatch(/^[\w-]{43}$/)
})

it('keeps those that are there, and closes them to others', () => {
  makeSecrets({ SECRETS_DIR: folder })
  const before = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  chmodSync(join(folder, 'signing-key'), 0o644)
  makeSecrets({ SECRETS_DIR: folder })
  expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(before)
  expect(mode(join(folder, 'signing-key'))).toBe('600')
})
