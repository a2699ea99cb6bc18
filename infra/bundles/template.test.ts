import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './root.ts'
import { TEMPLATE, templateFiles } from './template.ts'
import { staleIn } from './write.ts'

test('what is made of the template is as it would be made now: npm run docs', async () => {
  expect(staleIn(TEMPLATE, await templateFiles())).toEqual([])
})

test('the server of every function is small, and brings no library along', async () => {
  const server = (await templateFiles()).get('server.mjs') ?? ''
  expect(server.length).toBeLessThan(60_000)
  expect(server).not.toMatch(/node_modules/)
})

test('the template builds with the versions that this project uses', () => {
  const versions = (path: string) => Object.entries((JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as { dependencies: Record<string, string>; devDependencies?: Record<string, string> })).flatMap(([key, value]) => (key.endsWith('ependencies') ? Object.entries(value) : []))
  const ours = new Map(versions('package.json'))
  const theirs = [...versions('template/node24-ts/package.json'), ...versions('template/node24-ts/typecheck/package.json')]
  expect(theirs).not.toEqual([])
  expect(theirs.filter(([name, version]) => ours.get(name) !== version)).toEqual([])
  expect(readFileSync(join(TEMPLATE, 'Dockerfile'), 'utf8')).toContain(`node:${ours.get('node')}-bookworm-slim`)
})
