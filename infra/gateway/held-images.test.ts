import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { callOf } from '../functions/testing/calls.ts'
import { functionLogs } from './function-logs.ts'
import { functionSpecSchema } from './function-spec.ts'
import type { Runnable } from './host.ts'
import { imagesOfFolder } from './held-images.ts'
import { inProcessHost } from './in-process-host.ts'
import { secretFiles } from './secret-files.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'orp-functions-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, file: string, text: string): void => {
  mkdirSync(join(folder, name))
  writeFileSync(join(folder, name, file), text)
}
const one = (image: string): Runnable =>
  ({ id: 'one.openfaas-fn', spec: { ...functionSpecSchema.parse({ service: 'one', image: 'x' }), image }, image: { reference: image }, replicas: 1, deployedAt: '', network: null, secrets: () => [], latest: async () => undefined })
const hostOf = () => inProcessHost(imagesOfFolder(folder, 'one-record-playground'), functionLogs('gateway-1'), secretFiles(join(folder, 'secrets')))

describe('the functions of a folder', () => {
  test('are held under their folder\'s name, whatever the tag; what has no handler is none', async () => {
    write('good', 'handler.ts', 'export default () => "hello" as string')
    write('notes', 'readme.md', '')
    const host = hostOf()
    expect(host.held()).toEqual(['one-record-playground/good'])
    for (const image of ['one-record-playground/good', 'one-record-playground/good:latest', `one-record-playground/good:1@sha256:${'0'.repeat(64)}`]) await host.run(one(image))
    const { body } = await host.invoke('one.openfaas-fn', callOf('GET', '/'))
    expect(Buffer.from(body as Uint8Array).toString()).toBe('hello')
  })

  test.each(['good:1', 'registry:5000/one-record-playground/good:1', 'one-record-playground/other', 'one-record-playground', ''])('%s is not held', async (image) => {
    write('good', 'handler.ts', 'export default () => {}')
    const host = hostOf()
    await expect(host.run(one(image))).rejects.toMatchObject({ code: 'IMAGE_NOT_HELD', details: { held: 'one-record-playground/good' } })
  })

  test.each([['export const handler = () => {}', 'no default export'], ['export default 7', 'no default export'], ['throw new Error("at load")', 'at load']])('%s is not deployable', async (source, reason) => {
    write('bad', 'handler.ts', source)
    const host = hostOf()
    await expect(host.run(one('one-record-playground/bad:1'))).rejects.toMatchObject({ code: 'FUNCTION_INVALID', message: expect.stringContaining(reason) as string })
    expect(host.available('one.openfaas-fn')).toBe(0)
  })

  test('a removed function takes no more calls', async () => {
    write('good', 'handler.ts', 'export default () => {}')
    const host = hostOf()
    await host.run(one('one-record-playground/good'))
    await host.remove('one.openfaas-fn', async () => false)
    await expect(host.invoke('one.openfaas-fn', callOf('GET', '/'))).rejects.toMatchObject({ code: 'FUNCTION_NOT_READY' })
  })
})
