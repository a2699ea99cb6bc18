import type { Server } from '../endpoints/server.ts'
import { isKnown } from './known.ts'
import type { Agent } from './port.ts'
import { STRANGERS_BODY } from './shares.ts'

/** Largest body that is taken from an agent where any agent may send one, bytes: less from one that the holder does not know. */
export const bodyLimit = async ({ record, maxBodyBytes }: Pick<Server, 'record' | 'maxBodyBytes'>, agent: Agent): Promise<number> =>
  (await isKnown(record.reader(), agent)) ? maxBodyBytes : Math.min(maxBodyBytes, STRANGERS_BODY)
