import type { Answer } from '../http/answer.ts'
import { notFound } from '../http/api-error.ts'
import { checkAccept } from '../http/negotiate.ts'
import type { Call } from '../http/router.ts'
import { httpDate } from '../http/time.ts'
import { requestIri, type Server } from './server.ts'

/** GET and HEAD /action-requests/{id}. */
export const readRequest = ({ base, record }: Server) => async ({ request, id }: Call): Promise<Answer> => {
  checkAccept(request.headers.accept)
  const location = requestIri(base, id)
  const found = record.request(id)
  if (!found) throw notFound(location)
  const [commit, offset, , at] = found.place
  return {
    status: 200, body: await record.body(found.place),
    headers: { location, type: found.type, 'last-modified': httpDate(at), etag: `"${commit}-${offset}"` },
  }
}
