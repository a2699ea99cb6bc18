import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** As much of S3 as a record asks for, in memory on loopback: conditional PUT, GET with a range, a listing. Takes any signature. */
export const openRehearsalStore = async (): Promise<{ readonly url: string; close(): void }> => {
  const objects = new Map<string, Buffer>()
  const answer = async (request: IncomingMessage): Promise<{ readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: Buffer | string }> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://store')
    const key = decodeURIComponent(pathname.split('/').slice(2).join('/'))
    if (request.method === 'PUT') {
      const body = await buffer(request)
      if (request.headers['if-none-match'] && objects.has(key)) return { status: 412 }
      objects.set(key, body)
      return { status: 200 }
    }
    if (key === '') {
      const keys = [...objects.keys()].filter((one) => one.startsWith(searchParams.get('prefix') ?? '')).toSorted((a, b) => (a < b ? -1 : 1))
      return { status: 200, body: keys.slice(0, Number(searchParams.get('max-keys') ?? 1_000)).map((one) => `<Key>${one}</Key>`).join('') }
    }
    const object = objects.get(key)
    if (!object) return { status: 404 }
    const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    if (from === '' && to === '') return { status: 200, body: object }
    const [start, end] = from === '' ? [Math.max(0, object.length - Number(to)), object.length] : [Number(from), Math.min(Number(to) + 1, object.length)]
    return { status: 206, headers: { 'content-range': `bytes ${start}-${end - 1}/${object.length}` }, body: object.subarray(start, end) }
  }
  const server = createServer((request, response) => {
    void answer(request).then(({ status, headers, body }) => response.writeHead(status, headers).end(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() }
}
