import type { Server } from '../endpoints/server.ts'
import type { Answer } from '../http/answer.ts'
import type { Call } from '../http/router.ts'
import { plainJson } from './plain-json.ts'

/** GET /holder/usage: what the record holds, and what it may. Bytes are those of commits and documents; what is erased counts until it is gone. */
export const readUsage = ({ record, limits, access }: Server) => ({ agent }: Call): Answer => {
  access.holderOnly(agent)
  return plainJson({ ...record.usage(), limits })
}
