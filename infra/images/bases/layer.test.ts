import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { file, folder, link, text, writeLayer, type Entry } from './layer.ts'

let at = ''
beforeAll(() => {
  at = mkdtempSync(join(tmpdir(), 'orp-layer-'))
  writeFileSync(join(at, 'source'), 'x'.repeat(1000))
})
afterAll(() => rmSync(at, { recursive: true }))

const DEEP = `${'a-long-folder/'.repeat(9)}name-of-a-file`
const entries = (): readonly Entry[] => [file('b/c', join(at, 'source'), 0o755), folder('b', 0o1777, 7), link('d', 'b/c'), text('e', 'first'), text('e', 'last\n'), text(DEEP, 'deep')]

describe('a layer', () => {
  it('is read by tar', async () => {
    await writeLayer(entries(), join(at, 'layer.tar'))
    const listed = execFileSync('tar', ['--numeric-owner', '-tvf', join(at, 'layer.tar')], { encoding: 'utf8' })
    expect(listed).toMatch(/^drwxrwxrwt 7\/7 .* b\/$/m)
    mkdirSync(join(at, 'out'))
    execFileSync('tar', ['--no-same-owner', '-xf', join(at, 'layer.tar'), '-C', join(at, 'out')])
    const read = (path: string): string => readFileSync(join(at, 'out', path), 'utf8')
    expect([read('b/c'), read('e'), read(DEEP), readlinkSync(join(at, 'out/d'))]).toEqual(['x'.repeat(1000), 'last\n', 'deep', 'b/c'])
    expect(statSync(join(at, 'out/b/c')).mode & 0o777).toBe(0o755)
  })

  it('of the same content is the same, whenever it was written and in whatever order', async () => {
    const before = await writeLayer(entries(), join(at, 'one.tar'))
    utimesSync(join(at, 'source'), 1, 1)
    expect(await writeLayer(entries().toReversed().filter((entry) => entry.kind !== 'text' || entry.text !== 'first'), join(at, 'other.tar'))).toBe(before)
    expect(await writeLayer([...entries(), text('f', '')], join(at, 'third.tar'))).not.toBe(before)
  })

  it('refuses a path that has no room in its header', () => expect(writeLayer([text(`${'x'.repeat(101)}`, '')], join(at, 'bad.tar'))).rejects.toThrow('too long a path'))
})
