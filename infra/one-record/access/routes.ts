import type { Claim } from '../../slot/port.ts'
import type { Server } from '../endpoints/server.ts'
import type { Routes } from '../http/router.ts'
import { createClient, deleteClient, listClients, readClient, rotateClient } from './clients/api.ts'
import { requestDelegation } from './delegations/endpoint.ts'
import { createGrants, endGrant, listGrants, readGrant } from './grants/api.ts'
import { deleteGroup, listGroups, readGroup, writeGroup } from './groups/api.ts'
import { discovery, keySet } from './issuer/discovery.ts'
import { tokenEndpoint } from './issuer/token-endpoint.ts'
import { deletePartner, listPartners, readPartner, writePartner } from './partners/api.ts'

/** What this part serves. @param holder IRI of the holder @param forget tokens verified so far */
export const accessRoutes = (server: Server, { claim, holder, forget }: { readonly claim: Claim; readonly holder: string; readonly forget: () => void }): Routes => {
  const document = discovery(claim)
  return {
    'oauth2/token': { POST: tokenEndpoint({ claim, holder, reader: () => server.record.reader() }), open: true },
    '.well-known/jwks.json': { GET: keySet(claim), open: true },
    '.well-known/openid-configuration': { GET: document, open: true },
    '.well-known/oauth-authorization-server': { GET: document, open: true },
    'access-delegations': { POST: requestDelegation(server) },
    'holder/grants': { GET: listGrants(server), POST: createGrants(server) },
    'holder/grants/{id}': { GET: readGrant(server), DELETE: endGrant(server) },
    'holder/groups': { GET: listGroups(server) },
    'holder/groups/{name}': { GET: readGroup(server), PUT: writeGroup(server), DELETE: deleteGroup(server) },
    'holder/partners': { GET: listPartners(server), POST: writePartner(server, forget) },
    'holder/partners/{uri}': { GET: readPartner(server), DELETE: deletePartner(server, forget) },
    'holder/clients': { GET: listClients(server), POST: createClient(server) },
    'holder/clients/{id}': { GET: readClient(server), DELETE: deleteClient(server, forget) },
    'holder/clients/{id}/secret': { POST: rotateClient(server) },
  }
}
