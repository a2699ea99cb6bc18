import type { Answer } from '../http/answer.ts'
import { notFound } from '../http/api-error.ts'
import { checkAccept } from '../http/negotiate.ts'
import type { Call } from '../http/router.ts'
import { httpDate } from '../http/time.ts'
import { key } from '../store/key.ts'
import { requestIri, type Server } from './server.ts'

/** GET and HEAD /action-requests/{id}. */
export const readRequest = ({ base, record }: Server) => async ({ request, id }: Call): Promise<Answer> => {
  checkAccept(request.headers.accept)
  const location = requestIri(base, id)
  const reader = record.reader()
  const found = await reader.get<{ readonly type: string }>(key('request', id))
  if (!found?.place) throw notFound(location)
  const [commit, offset] = found.place
  return {
    status: 200, body: await reader.body(found.place),
    headers: { location, type: found.value.type, 'last-modified': httpDate(found.at), etag: `"${commit}-${offset}"` },
  }
}
