import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { httpClient, operator } from '../demo/http.ts'
import { historyOf, type HistoryItem } from '../demo/history.ts'
import type { Playground } from '../local/playground.ts'

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly output: string }

/** `npm run backup` or `npm run restore`, without npm. `onLine`: each line it prints, and how to end it. */
export const command = (name: 'backup' | 'restore', args: readonly string[], options: { readonly env?: Readonly<Record<string, string>>; onLine?(line: string, end: (signal: NodeJS.Signals) => void): void } = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(new URL(`${name}.ts`, import.meta.url)), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += String(chunk)
        for (const line of String(chunk).split('\n').filter(Boolean)) options.onLine?.(line, (signal) => void child.kill(signal))
      })
    }
    child.once('close', (code, signal) => resolve({ code, signal, output }))
  })

export type Deployment = { readonly id: string; readonly name: string; readonly status: string }
/** One object as it was acknowledged: its JSON-LD, byte by byte. */
export type Kept = { readonly name: string; readonly path: string; readonly body: string; readonly revision: string | undefined }

const example = (name: string): string => readFileSync(join(import.meta.dirname, '../one-record/testing/examples', `${name}.json`), 'utf8')
/** The object that the example of a change is about. */
const CHANGED = 'https://1r.example.com/logistics-objects/1a8ded38-1804-467c-a369-81a411416b7c'
const LD = { 'content-type': 'application/ld+json', accept: 'application/ld+json' }

/** What people do with a playground, and see of it. */
export const people = (playground: Playground) => {
  const client = httpClient({ keepAlive: false })
  const api = operator(client, `http://localhost:${playground.httpPort}`, playground.tokenFile)
  const ask = (name: string, path: string, more: Parameters<typeof client.ask>[1] = {}) => client.ask(`http://${name}.${playground.deploymentsDomain}:${playground.httpPort}${path}`, more)
  const get = async (name: string, path: string): Promise<Kept> => {
    const { status, body, headers } = await ask(name, path, { headers: { accept: LD.accept } })
    if (status !== 200) throw new Error(`${name}${path}: ${status}`)
    return { name, path, body: body.toString('utf8'), revision: headers['revision'] }
  }
  /** The subscriptions of other services; resolves to what is answered. */
  const subscriptions = async (path: string, body?: object): Promise<{ readonly id: string; readonly secret: string }> => {
    const { status, body: answer } = await client.ask(`http://localhost:${playground.httpPort}/api/subscriptions${path}`, {
      method: 'POST', headers: { authorization: `Bearer ${playground.token}`, 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}),
    })
    if (status >= 300) throw new Error(`${path}: ${status} ${String(answer)}`)
    return JSON.parse(String(answer)) as { id: string; secret: string }
  }
  return {
    api, ask, get, subscriptions,
    close: () => client.close(),
    deploy: (name: string) => api.call<Deployment>('POST', '/', { name, settings: { open: true } }),
    list: async () => (await api.call<{ items: readonly Deployment[] }>('GET', '?limit=100')).items,
    status: async (id: string) => (await api.call<Deployment>('GET', `/${id}`)).status,
    history: (id: string): Promise<readonly HistoryItem[]> => historyOf(api, id),
    /** Resolves when it is acknowledged; to its path. */
    post: async (name: string): Promise<string> => {
      const { status, headers, body } = await ask(name, '/logistics-objects', { method: 'POST', headers: LD, body: example('Piece') })
      if (status !== 201) throw new Error(`${name}: ${status} ${String(body)}`)
      return new URL(headers['location'] ?? '').pathname
    },
    /** Makes revision 2 of an object. */
    revise: async (name: string, path: string): Promise<void> => {
      const iri = `http://${name}.${playground.deploymentsDomain}:${playground.httpPort}${path}`
      const { status, body } = await ask(name, path, { method: 'PATCH', headers: LD, body: example('Change_example1').replaceAll(CHANGED, iri) })
      if (status !== 201) throw new Error(`${name}: ${status} ${String(body)}`)
    },
  }
}
