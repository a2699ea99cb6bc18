import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ALLOWED, VIOLATIONS } from './violations.ts'

const report = z.object({ diagnostics: z.array(z.object({ code: z.string().optional(), filename: z.string() })) })
type Found = { readonly rule: string; readonly path: string }

let root: string
let found: readonly Found[]

/** The very script of package.json, in a folder laid out like the project. */
const lint = (extra: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { lint: string } }
  const [command = '', ...args] = scripts.lint.split(' ')
  return spawnSync(resolve('node_modules/.bin', command), [...args, ...extra], { cwd: root, encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 2 ** 26 })
}

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'orp-lint-'))
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) cpSync(file, join(root, file))
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'))
  for (const { path, code, beside = {} } of [...VIOLATIONS, ...ALLOWED.map((one) => ({ beside: {}, ...one }))]) {
    for (const [file, text] of [[path, code], ...Object.entries(beside)]) write(file ?? '', `${text}\n`)
  }
  const { stdout } = lint(['-f', 'json'])
  found = report.parse(JSON.parse(stdout)).diagnostics.map(({ code, filename }) => ({ rule: code ?? '', path: filename }))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('the lint', () => {
  it.each(VIOLATIONS)('sees $rule in $path', ({ rule, path }) => expect(found).toContainEqual({ rule, path }))

  it.each(ALLOWED)('lets $path import what it may', ({ path }) =>
    expect(found.filter((one) => one.path === path && one.rule === 'eslint(no-restricted-imports)')).toEqual([]))

  it('has every rule of its configuration seen to fail', () => {
    const configuration = readFileSync('.oxlintrc.json', 'utf8')
    const rules = [...configuration.matchAll(/"([a-z]+)\/([a-z-]+)": (?:\["error"|"error")/g)].map(([, plugin, rule]) => `${plugin}(${rule})`)
    expect(rules.length).toBeGreaterThan(20)
    expect(VIOLATIONS.map(({ rule }) => rule)).toEqual(expect.arrayContaining(rules))
  })

  it('fails on a violation, by its exit code', () => expect(lint().status).toBe(1))

  it('fails when the part that knows types is missing, rather than checking less', () => {
    const without = lint([], { OXLINT_TSGOLINT_PATH: '/nowhere/tsgolint' })
    expect(without.status).toBe(1)
    expect(without.stdout + without.stderr).toContain('Failed to find tsgolint')
    rmSync(join(root, 'node_modules'))
    expect(lint([], { PATH: '/usr/bin:/bin' }).status).not.toBe(0)
  })

  it('is type-aware and takes warnings for errors, as its script says', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
    expect(scripts['lint']).toMatch(/^oxlint --type-aware --deny-warnings/)
  })
})
