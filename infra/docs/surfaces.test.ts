import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { staleDocs } from './surfaces.ts'

test('what is under docs/ is what the code generates (if not: npm run docs)', () => {
  expect(staleDocs({ write: false })).toEqual([])
})

test('what is stale or missing is told, and written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'orp-docs-'))
  try {
    const docs = join(import.meta.dirname, '../../docs')
    cpSync(join(docs, 'openapi.json'), join(folder, 'openapi.json'))
    writeFileSync(join(folder, 'asyncapi.json'), '{}')
    expect(staleDocs({ write: false }, folder)).toEqual(['docs/one-record-openapi.json is stale: npm run docs', 'docs/asyncapi.json is stale: npm run docs', 'docs/problems.md is stale: npm run docs', 'docs/action-requests.md is stale: npm run docs'])
    expect(staleDocs({ write: true }, folder)).toEqual([])
    expect(readFileSync(join(folder, 'problems.md'), 'utf8')).toBe(readFileSync(join(docs, 'problems.md'), 'utf8'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
