import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { functionSpecSchema } from '../../function-spec.ts'
import { isOfPlatform, parsePlatformSecrets, readEnvironmentFile } from './platform.ts'
import { registryAuth, registryOf } from './registry-auth.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'orp-platform-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const file = (text: string): string => {
  const path = join(folder, 'file')
  writeFileSync(path, text)
  return path
}

describe('a function is of the platform', () => {
  const of = (image: string, images: string, annotations = { platform: 'true' }) => isOfPlatform(functionSpecSchema.parse({ service: 'x', image, annotations }), { images })
  test('by annotation and image', () => {
    expect([of('r:5000/ours/heal:1', 'r:5000/ours'), of('r:5000/ours/heal:1', 'r:5000/ours/'), of('r:5000/ours/heal:1', 'r:5000/ours', { platform: 'false' })]).toEqual([true, true, false])
  })
  test.each([['evil/heal:1', 'r:5000/ours'], ['r:5000/ours-evil/heal:1', 'r:5000/ours'], ['r:5000/ours/../evil', 'r:5000/ours'], ['r:5000/ours/heal', '']])('not with %s where %j is the platform\'s', (image, images) => {
    expect(() => of(image, images)).toThrow(expect.objectContaining({ code: 'INVALID_FIELD', details: expect.objectContaining({ field: 'annotations.platform' }) }))
  })
  test('its secrets and its environment are what the cluster says', () => {
    expect([...parsePlatformSecrets('a=stack_a-1, b')]).toEqual([['a', 'stack_a-1'], ['b', 'b']])
    expect(readEnvironmentFile(file('# comment\nA=1\n\nB=x=y\n'))).toEqual({ A: '1', B: 'x=y' })
    expect(readEnvironmentFile('')).toEqual({})
    expect(() => readEnvironmentFile(file('A=1\nB'))).toThrow(/:2: is not NAME=value/)
  })
})

describe('who the cluster is to a registry', () => {
  const auths = (entries: object) => registryAuth(file(JSON.stringify({ auths: entries })))
  const auth = Buffer.from('user:pass:word').toString('base64')
  test.each([['r:5000/a/b:1', 'r:5000'], ['a/b', 'docker.io'], ['echo', 'docker.io'], ['localhost/a', 'localhost'], ['r.org/a@sha256:0', 'r.org']])('%s', (image, registry) => {
    expect(registryOf(image)).toBe(registry)
  })
  test('is what docker login wrote, or nobody', async () => {
    expect(await auths({ 'r:5000': { auth } }).of('r:5000/a:1')).toEqual({ username: 'user', password: 'pass:word', serveraddress: 'r:5000' })
    expect(await auths({ 'https://index.docker.io/v1/': { auth } }).of('a/b')).toMatchObject({ username: 'user' })
    expect([await auths({ 'r:5000': { auth } }).of('other/a:1'), await registryAuth(join(folder, 'none')).of('a')]).toEqual([undefined, undefined])
  })
  test('a file that is none is named, and not told', async () => {
    await expect(registryAuth(file('confidential')).of('a')).rejects.toThrow(/file: is not the file of registries/)
    await expect(registryAuth(file('confidential')).of('a')).rejects.not.toThrow(/confidential/)
  })
})
