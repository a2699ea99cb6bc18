import type { Server } from '../endpoints/server.ts'
import type { Routes } from '../http/router.ts'
import { listDocuments } from './list-documents.ts'
import { readDocument } from './read-document.ts'
import { removeDocument, writeDocument } from './write-document.ts'

/** Documents of logistics objects: bytes under the object's access rules. An ExternalReference links to one by its documentLink. */
export const documentRoutes = (server: Server): Routes => {
  const read = readDocument(server)
  return {
    'logistics-objects/{id}/documents': { GET: listDocuments(server) },
    'logistics-objects/{id}/documents/{name}': { GET: read, HEAD: read, PUT: writeDocument(server), DELETE: removeDocument(server) },
  }
}
