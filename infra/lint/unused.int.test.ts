import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let root: string

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { unused: string } }
const unused = () => {
  const [command = '', ...args] = scripts.unused.split(' ')
  const { status, stdout } = spawnSync(resolve('node_modules/.bin', command), args, { cwd: root, encoding: 'utf8' })
  return { status, stdout }
}

/** A project in which everything is used: `infra/a/main.ts` uses `used` of `infra/a/library.ts`, and zod. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orp-unused-'))
  for (const file of ['knip.json', 'tsconfig.json']) cpSync(file, join(root, file))
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'))
  write('package.json', JSON.stringify({ name: 'planted', type: 'module', dependencies: { zod: '4.6.7' } }))
  write('infra/a/library.ts', 'export const used = 1\n')
  write('infra/a/main.ts', 'import { z } from \'zod\'\nimport { used } from \'./library.ts\'\nz.int().parse(used)\n')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('the check for what is unused', () => {
  it('is content where all is used', () => expect(unused()).toMatchObject({ status: 0 }))

  it.each([
    ['a file', 'infra/a/forgotten.ts', 'export const value = 1', /Unused files.*forgotten\.ts/s],
    ['an export', 'infra/a/library.ts', 'export const used = 1\nexport const forgotten = 2', /Unused exports.*forgotten/s],
    ['a type', 'infra/a/library.ts', 'export const used = 1\nexport type Forgotten = string', /Unused exported types.*Forgotten/s],
    ['a dependency', 'package.json', '{"name":"planted","type":"module","dependencies":{"zod":"4.6.7","kysely":"0.29.9"}}', /Unused dependencies.*kysely/s],
    ['a package nobody declared', 'infra/a/library.ts', 'export { Pool as used } from \'pg\'', /Unlisted dependencies.*pg/s],
  ])('sees %s', (_, path, text, message) => {
    write(path, text)
    const { status, stdout } = unused()
    expect(stdout).toMatch(message)
    expect(status).toBe(1)
  })
})
