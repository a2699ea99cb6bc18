import type { IncomingMessage } from 'node:http'
import { readDocument } from '../json-ld/read.ts'
import { parseJson, type Document } from '../json-ld/reader.ts'
import { readBody } from './body.ts'

/** The JSON-LD that a request brings. @param limit bytes of its body @throws ApiError 400, 413, 415, 503 as readBody and readDocument */
export const readLinkedData = async (request: IncomingMessage, limit: number): Promise<Document> => readDocument(parseJson(await readBody(request, limit)))
