import type { Answer } from '../http/answer.ts'
import { checkAccept } from '../http/negotiate.ts'
import type { Call } from '../http/router.ts'
import { httpDate } from '../http/time.ts'
import { API } from '../namespaces.ts'
import { requestDocument } from '../requests/document.ts'
import { visibleRequest } from '../requests/visible.ts'
import { showRequest } from '../requests/requests.ts'
import { requestIri, type Server } from './server.ts'

/** GET and HEAD /action-requests/{id}, for its requestor and the holder; in the version of the client. */
export const readRequest = (server: Server) => async ({ request, id, agent }: Call): Promise<Answer> => {
  const { version } = checkAccept(request.headers.accept)
  const reader = server.record.reader()
  const row = await visibleRequest(reader, server, id, agent)
  return {
    status: 200,
    body: requestDocument(await showRequest(reader, server, row.value, row.place), version),
    headers: {
      location: requestIri(server.base, id), type: API + row.value.type, 'last-modified': httpDate(row.value.since), etag: `"${row.commit}-${version}"`,
    },
  }
}
