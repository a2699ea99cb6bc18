import type { Answer } from '../http/answer.ts'
import type { openApiOf } from './document.ts'

/** The document's maker as it runs here: from sources, or beside the slot's one file (infra/slot/bundle.ts). */
export const OPENAPI_FILE = 'slot-openapi.mjs'
const documentUrl = (): URL => new URL(import.meta.url.endsWith('.ts') ? './document.ts' : `./${OPENAPI_FILE}`, import.meta.url)

/** GET /openapi.json, for anybody. Read and made when it is asked for: a slot begins without it. */
export const openApi = (base: string) => async (): Promise<Answer> => {
  const maker = await import(documentUrl().href) as { readonly openApiOf: typeof openApiOf }
  return { status: 200, body: JSON.stringify(maker.openApiOf(base)), headers: { 'content-type': 'application/json' } }
}
