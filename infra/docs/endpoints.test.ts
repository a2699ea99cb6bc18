import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generatedGuide } from './endpoints.ts'

test('the table of endpoints is what the code generates (if not: npm run docs)', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/one-record.md'), 'utf8')
  expect(guide).toContain('| `PATCH /logistics-objects/{id}` | `PATCH_LOGISTICS_OBJECT` |')
  expect(guide).toBe(generatedGuide(guide))
})
