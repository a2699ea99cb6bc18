import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withGenerated } from './generated.ts'
import { generatedReadme } from './readme.ts'

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

test('the README is what the code generates (if not: npm run docs)', () => {
  expect(README).toBe(generatedReadme(README))
})

test('a stale README is told from a fresh one', () => {
  const stale = README.replace(/PauseRequested/, 'PauseWished')
  expect(stale).not.toBe(README)
  expect(generatedReadme(stale)).toBe(README)
})

test('generated text replaces what is between its markers, and nothing else', () => {
  const document = 'a\n<!-- generated:x -->\nold\nolder\n<!-- /generated:x -->\nb\n'
  const made = withGenerated(document, 'x', 'new')
  expect(made).toBe('a\n<!-- generated:x -->\nnew\n<!-- /generated:x -->\nb\n')
  expect(withGenerated(made, 'x', 'new')).toBe(made)
})

test.each(['no markers', '<!-- generated:x -->\nnever ends', '<!-- /generated:x -->'])('without its markers it is refused: %j', (document) => {
  expect(() => withGenerated(document, 'x', 'new')).toThrow('generated:x')
})
