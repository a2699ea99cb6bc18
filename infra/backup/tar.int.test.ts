import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFile } from './files.ts'
import { addToTar, endTar, readTar } from './tar.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'orp-tar-')) })
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const archive = async (name: string, bodies: readonly Uint8Array[]): Promise<string> => {
  const tar = await createFile(folder, name)
  for (const [index, body] of bodies.entries()) await addToTar(tar, `record/commits/${index}`, body)
  await endTar(tar)
  await tar.end()
  return join(folder, name)
}
const content = async (path: string) => {
  const found = []
  for await (const { body } of readTar(path)) found.push(new Uint8Array(body))
  return found
}

test('what went in comes out, of any size', async () => {
  let run = 0
  await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 1_100 }), { maxLength: 6 }), async (bodies) => {
    expect(await content(await archive(`${(run += 1)}.tar`, bodies))).toEqual(bodies)
  }), { numRuns: 60 })
})

test('the system\'s tar reads it, too', async () => {
  const bodies = [new Uint8Array(0), Buffer.from('short'), new Uint8Array(512).fill(7), new Uint8Array(100_000).fill(8)]
  execFileSync('tar', ['-xf', await archive('some.tar', bodies), '-C', folder])
  for (const [index, body] of bodies.entries()) expect(readFileSync(join(folder, `record/commits/${index}`)).equals(body)).toBe(true)
})

test('one that is cut off, or is none, is refused', async () => {
  const path = await archive('cut.tar', [new Uint8Array(2_000)])
  truncateSync(path, 1_000)
  await expect(content(path)).rejects.toThrow('in the middle')
  writeFileSync(path, 'x'.repeat(1_024))
  await expect(content(path)).rejects.toThrow('no header of a tar archive')
})

test('a name that does not fit is refused', async () => {
  const tar = await createFile(folder, 'long.tar')
  await expect(addToTar(tar, 'x'.repeat(101), new Uint8Array(1))).rejects.toThrow('too long a name')
  await tar.end()
})
