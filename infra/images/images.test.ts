import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { UsageError } from '../backup/command.ts'
import { ROOT } from '../bundles/root.ts'
import { TEMPLATE } from '../bundles/template.ts'
import { BASES } from './bases/pins.ts'
import { GROUPS, IMAGES } from './catalogue.ts'
import { lastStage } from './functions.ts'
import { readOptions } from './options.ts'
import { withLogin } from './push.ts'
import { tableOf } from './table.ts'

describe('options', () => {
  const read = (...args: readonly string[]) => readOptions(args, ['a', 'b', 'c'], { pair: ['a', 'b'] })

  test('all images by default, else those named, once each, by themselves or as a group', () => {
    expect(read().names).toEqual(['a', 'b', 'c'])
    expect(read('b', 'pair').names).toEqual(['b', 'a'])
  })

  test.each([
    [['d'], 'no image is called d'],
    [['--tag', 'a b'], '--tag is'],
    [['--push', 'nowhere'], '--push is REGISTRY/PREFIX'],
    [['--push', 'https://example.org/x'], '--push is REGISTRY/PREFIX'],
    [['--user', 'me'], '--user and --password-file go together'],
  ])('%j is refused', (args, reason) => {
    expect(() => read(...args)).toThrow(UsageError)
    expect(() => read(...args)).toThrow(reason)
  })
})

test('each image has a name of its own, and is in one group', () => {
  const names = IMAGES.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(Object.values(GROUPS).flat()).toEqual(IMAGES)
})

test('an image of a function is the last stage of the template, which copies from its context', () => {
  const stage = lastStage(readFileSync(join(TEMPLATE, 'Dockerfile'), 'utf8'))
  expect(stage).toMatch(/^ARG NODE_IMAGE\nFROM \$\{NODE_IMAGE\}\n/)
  expect(stage).toContain('\nCOPY out/ ./\n')
  expect(stage).not.toMatch(/--from|npm|^RUN /m)
  expect(() => lastStage('FROM scratch\nCOPY . .\n')).toThrow('is not as it was')
})

test('a login is for one push: beside what docker knows, and away after it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orp-images-'))
  const before = process.env['DOCKER_CONFIG']
  try {
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { 'other.example': { auth: 'x' } }, credsStore: 'desktop' }))
    writeFileSync(join(folder, 'password'), 'secret\n')
    process.env['DOCKER_CONFIG'] = folder
    let used = ''
    const config = await withLogin('registry.example:5000', { user: 'me', passwordFile: join(folder, 'password') }, async (configFolder) => {
      used = configFolder
      return JSON.parse(readFileSync(join(configFolder, 'config.json'), 'utf8')) as unknown
    })
    expect(config).toEqual({ auths: { 'other.example': { auth: 'x' }, 'registry.example:5000': { auth: Buffer.from('me:secret').toString('base64') } } })
    expect(() => readFileSync(join(used, 'config.json'))).toThrow('ENOENT')
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toContain('desktop')
  } finally {
    if (before === undefined) delete process.env['DOCKER_CONFIG']
    else process.env['DOCKER_CONFIG'] = before
    rmSync(folder, { recursive: true, force: true })
  }
})

test('what was built is shown in columns', () => {
  expect(tableOf([{ name: 'x/gateway:latest', bytes: 137_300_000, id: `sha256:${'0123456789ab'.repeat(5)}` }, { name: 'x/slot:1', bytes: 9_900_000, id: `sha256:${'f'.repeat(64)}` }]))
    .toBe('x/gateway:latest  137.3 MB  0123456789ab\nx/slot:1            9.9 MB  ffffffffffff\n')
})

test('docker-compose.yml runs the pinned servers and images that are built here', () => {
  const file = z.object({ services: z.record(z.string(), z.object({ image: z.string() })) }).parse(parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }))
  const { eventstoredb: _other, nats, minio, postgres, ...ours } = file.services
  expect([nats?.image, minio?.image, postgres?.image]).toEqual([BASES.nats, BASES.minio, BASES.postgres])
  const known = GROUPS.parts.map(({ name }) => `\${IMAGE_PREFIX:-one-record-playground}/${name}:\${IMAGE_TAG:-latest}`)
  for (const { image } of Object.values(ours)) expect(known).toContain(image)
})
