import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WORKER_FILE } from '../one-record/json-ld/expander.ts'
import { openApiOf } from '../one-record/openapi/document.ts'
import { OPENAPI_FILE } from '../one-record/openapi/endpoint.ts'
import { bundleSlot } from './bundle.ts'

const folder = mkdtempSync(join(tmpdir(), 'orp-slot-bundle-'))
let slot = ''
beforeAll(async () => {
  slot = readFileSync(await bundleSlot({ outfile: join(folder, 'slot.mjs') }), 'utf8')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a slot begins without the complete processor of JSON-LD, which lies beside it', () => {
  expect(slot).toContain(WORKER_FILE)
  expect(slot).not.toMatch(/rdf-canonize|JsonLdError/)
  expect(readFileSync(join(folder, WORKER_FILE), 'utf8')).toMatch(/JsonLdError/)
})

test('the processor works from the bundle, and fetches nothing', async () => {
  const worker = new Worker(join(folder, WORKER_FILE))
  const ask = async (json: unknown): Promise<unknown> => {
    worker.postMessage({ json })
    return (await once(worker, 'message'))[0] as unknown
  }
  expect(await ask({ '@context': { '@vocab': 'http://v.test/', p: '@nest' }, p: { a: 1 } })).toEqual({ expanded: [{ 'http://v.test/a': [{ '@value': 1 }] }] })
  expect(await ask({ '@context': 'http://127.0.0.1:1/c', a: 1 })).toEqual({ refused: expect.stringContaining('never fetched') as unknown })
  await worker.terminate()
})

test('a slot begins without its OpenAPI document, which is made from beside it', async () => {
  expect(slot).toContain(OPENAPI_FILE)
  expect(slot).not.toContain(openApiOf('http://demo.play.test')['openapi'] as string)
  const { openApiOf: bundled } = await import(join(folder, OPENAPI_FILE)) as { readonly openApiOf: typeof openApiOf }
  expect(bundled('http://demo.play.test')).toEqual(openApiOf('http://demo.play.test'))
})
