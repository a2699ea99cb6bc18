import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readStack } from './stack.ts'

const REPOSITORY_STACK = join(import.meta.dirname, '../../stack.yml')

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'orp-stack-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const stack = (functions: string) => write('stack.yml', `version: 1.0\nprovider:\n  name: openfaas\n  gateway: http://127.0.0.1:8082\nfunctions:\n${functions}`)

describe('readStack', () => {
  test('everything a deployment needs, scalars as texts, keys of the build and unknown ones left alone', () => {
    const path = stack(`  one:
    lang: node24-ts
    handler: ./one
    image: \${REGISTRY:-local}/one:\${TAG}
    fprocess: node index.js
    environment: { DEBUG: true, SIZE: 3, LITERAL: "$\${HOME}" }
    secrets: [key]
    labels: { team: cargo }
    annotations: { public: true, topic: "a.*, b.>" }
    limits: { memory: 128Mi, cpu: 100m }
    constraints: ["node.role == worker"]
    readonly_root_filesystem: true
    build_args: { X: y }
    unheard_of: 1
`)
    expect(readStack(path, { TAG: '7' })).toEqual([{
      service: 'one', image: 'local/one:7', namespace: 'openfaas-fn', envProcess: 'node index.js',
      envVars: { DEBUG: 'true', SIZE: '3', LITERAL: '${HOME}' }, secrets: ['key'], labels: { team: 'cargo' },
      annotations: { public: 'true', topic: 'a.*, b.>' }, limits: { memory: '128Mi', cpu: '100m' }, requests: undefined,
      constraints: ['node.role == worker'], readOnlyRootFilesystem: true,
    }])
  })

  test('environment_file wins over environment, the last file over the first', () => {
    write('a.yml', 'environment:\n  TWO: file\n  THREE: a\n')
    write('b.yml', 'environment:\n  THREE: b\n')
    const path = stack('  one:\n    image: i\n    environment: { ONE: stack, TWO: stack }\n    environment_file: [a.yml, b.yml]\n')
    expect(readStack(path, {})[0]?.envVars).toEqual({ ONE: 'stack', TWO: 'file', THREE: 'b' })
  })

  test.each([
    ['  one:\n    image: 7\n', 'functions.one.image'],
    ['  one:\n    image: i\n    annotations: { topic: [a] }\n', 'functions.one.annotations.topic'],
    ['  one:\n    handler: ./one\n', 'functions.one.image'],
    ['  Not_A_Name:\n    image: i\n', 'Not_A_Name'],
    ['  one:\n    image: i\n    namespace: Other\n', 'functions.one.namespace'],
    ['  one: { image: "${A^^}" }\n', '${A^^}'],
    ['  one: [\n', 'stack.yml'],
  ])('%s: the error names the key', (functions, named) => {
    const path = stack(functions)
    expect(() => readStack(path, {})).toThrow(named)
    expect(() => readStack(path, {})).toThrow(path)
  })

  test('another provider, and a missing file, are named', () => {
    expect(() => readStack(write('faas.yml', 'provider: { name: faas }\n'), {})).toThrow('provider.name: must be openfaas')
    expect(() => readStack(join(folder, 'none.yml'), {})).toThrow('none.yml')
    const path = stack('  one: { image: i, environment_file: gone.yml }\n')
    expect(() => readStack(path, {})).toThrow('gone.yml')
  })

  test('the stack of this repository: a function is for people, or it hears something', () => {
    const functions = readStack(REPOSITORY_STACK, {})
    expect(functions.map(({ service }) => service)).toEqual(expect.arrayContaining(['deployments', 'provision', 'cold-start', 'idle', 'retire']))
    const inner = functions.filter(({ annotations }) => annotations['public'] !== 'true')
    for (const { service, annotations } of inner) expect(annotations, service).toMatchObject({ topic: expect.any(String), events: expect.any(String) })
  })
})
