import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { secret } from '../config.ts'
import { listNodes } from './engine.ts'
import type { OperatorFolder } from './operator-folder.ts'

export type Answer = { readonly status: number; readonly body: string }

const TIMEOUT_MS = 30_000

/** Asks the platform's API by the edge of any node that answers, with the operator's token. @throws Error when no node does */
export const askPlatform = async ({ settings, secrets }: OperatorFolder, method: 'GET' | 'POST', path: string): Promise<Answer> => {
  const authorization = `Bearer ${secret({ SECRETS_DIR: secrets }, 'operator-token')}`
  const tried: string[] = []
  for (const { address, state } of await listNodes()) {
    if (state !== 'ready') continue
    try {
      return await ask({ host: address, port: settings.HTTP_PORT, method, path, headers: { Host: settings.PLATFORM_HOST, Authorization: authorization } })
    } catch (error) {
      tried.push(`${address}: ${(error as Error).message}`)
    }
  }
  throw new Error(`no edge answers: ${tried.join(', ') || 'no node is ready'}`)
}

const ask = (options: { readonly host: string; readonly port: number; readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>> }): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asking = request({ ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    })
    asking.once('error', reject).end()
  })
