import type { Answer } from '../http/answer.ts'
import { openApiOf } from './document.ts'

/** GET /openapi.json, for anybody. Made when it is asked for: nothing of it stays in memory. */
export const openApi = (base: string) => (): Answer => ({ status: 200, body: JSON.stringify(openApiOf(base)), headers: { 'content-type': 'application/json' } })
