import type { Answer } from '../http/answer.ts'

/** GET /openapi.json, for anybody. Read and made when it is asked for: nothing of it is in memory before. */
export const openApi = (base: string) => async (): Promise<Answer> => {
  const { openApiOf } = await import('./document.ts')
  return { status: 200, body: JSON.stringify(openApiOf(base)), headers: { 'content-type': 'application/json' } }
}
