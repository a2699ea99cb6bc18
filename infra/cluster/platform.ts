import { secret } from '../config.ts'
import { ask, type Answer } from './ask.ts'
import { listNodes } from './engine.ts'
import type { OperatorFolder } from './operator-folder.ts'

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
