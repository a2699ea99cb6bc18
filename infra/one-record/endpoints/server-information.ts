import type { Answer } from '../http/answer.ts'
import { etagOf } from '../http/etag.ts'
import { API_VERSIONS } from '../http/versions.ts'
import { httpDate } from '../http/time.ts'
import { API, CARGO, XSD } from '../namespaces.ts'
import { objectIri } from '../objects/split.ts'
import { DATA_HOLDER, type Server } from './server.ts'

const anyUri = (value: string) => ({ '@type': `${XSD}anyURI`, '@value': value })

/** Ontologies without their versions, as the standard's documents name them, and the versions that are read, as their owl:versionIRI has them (ontology/sources). */
const ONTOLOGIES = { [CARGO.slice(0, -1)]: ['3.3', '3.2'], [API.slice(0, -1)]: ['2.3.0', '2.2.0'], 'https://onerecord.iata.org/ns/code-lists': ['1.1.0'] }

/** GET / (2.3.0, Server Information), the same in both versions. */
export const serverInformation = ({ base, since }: Server): (() => Answer) => {
  const body = JSON.stringify({
    '@context': { api: API },
    '@id': `${base}/`,
    '@type': 'api:ServerInformation',
    'api:hasDataHolder': { '@id': objectIri(base, DATA_HOLDER) },
    'api:hasServerEndpoint': anyUri(base),
    'api:hasSupportedApiVersion': API_VERSIONS,
    'api:hasSupportedContentType': ['application/ld+json'],
    'api:hasSupportedEncoding': ['gzip', 'br'],
    'api:hasSupportedLanguage': ['en-US'],
    'api:hasSupportedOntology': Object.keys(ONTOLOGIES).map(anyUri),
    'api:hasSupportedOntologyVersion': Object.entries(ONTOLOGIES).flatMap(([iri, versions]) => versions.map((version) => anyUri(`${iri}/${version}`))),
  })
  const etag = etagOf(body)
  return () => ({ status: 200, body, headers: { type: `${API}ServerInformation`, 'last-modified': httpDate(since), etag } })
}
