import type { Claim, Limits } from '../../slot/port.ts'
import { DATA_HOLDER, type Server } from '../endpoints/server.ts'
import type { Authenticate, Routes } from '../http/router.ts'
import { objectIri } from '../objects/split.ts'
import type { Reader } from '../store/port.ts'
import { grantedAccess } from './access.ts'
import { openAccess } from './open.ts'
import type { Access } from './port.ts'
import { accessRoutes } from './routes.ts'
import { authenticator } from './tokens/authenticate.ts'
import { guardedFetch } from './tokens/fetch-json.ts'

/** Who comes in and what they may, for one claim. */
export type AccessPart = {
  readonly access: Access
  readonly authenticate: Authenticate
  routes(server: Server): Routes
  /** Before a freeze: connections to issuers. */
  closeSockets(): void
}

export const accessPart = (claim: Claim, reader: () => Reader, noteLimit: (limit: keyof Limits) => void): AccessPart => {
  const { open, hideForbidden } = claim.access
  const holder = objectIri(claim.baseUrl, DATA_HOLDER)
  const { fetchJson, close } = guardedFetch(claim)
  const { authenticate, forget } = authenticator({ claim, holder, reader, fetchJson, noteLimit })
  return {
    access: open ? openAccess : grantedAccess({ base: claim.baseUrl, hideForbidden }),
    authenticate,
    routes: (server) => accessRoutes(server, { claim, holder, forget }),
    closeSockets: close,
  }
}
