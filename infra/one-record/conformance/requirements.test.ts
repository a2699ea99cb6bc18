import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { REQUIREMENTS } from './requirements.ts'

const sources = globSync('infra/**/*.test.ts').filter((file) => !file.endsWith('requirements.test.ts')).map((file) => readFileSync(file, 'utf8')).join('\n').replaceAll("\\'", "'")
const claimed = new Set([...sources.matchAll(/\[([A-Z]{3}-\d{3})\]/g)].map(([, id]) => id))

test('every requirement has a test, or a reason why it has none', () => {
  expect(REQUIREMENTS.filter(({ id, shown, reason }) => reason === null && shown.length === 0 && !claimed.has(id)).map(({ id, asks }) => `${id} ${asks}`)).toEqual([])
})

test('what is claimed to show a requirement is there', () => {
  const known = new Set(REQUIREMENTS.map(({ id }) => id))
  expect([...claimed].filter((id) => !known.has(id ?? ''))).toEqual([])
  expect(known.size).toBe(REQUIREMENTS.length)
  const words = sources.replaceAll(/%[sij]|\$\w+/g, '')
  expect(REQUIREMENTS.flatMap(({ shown }) => shown).filter((name) => !sources.includes(name) && !name.split(' signed by').every((part) => words.includes(part)))).toEqual([])
})

test('the conformance page is of these requirements', () => {
  const page = readFileSync('docs/conformance.md', 'utf8')
  expect(REQUIREMENTS.filter(({ id, asks }) => !page.includes(`| ${id} |`) || !page.includes(asks.replaceAll('|', '\\|'))).map(({ id }) => id)).toEqual([])
})
