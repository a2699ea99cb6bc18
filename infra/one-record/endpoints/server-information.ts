import type { Answer } from '../http/answer.ts'
import { API_VERSIONS } from '../http/versions.ts'
import { httpDate } from '../http/time.ts'
import { API, CARGO, XSD } from '../namespaces.ts'
import { objectIri } from '../objects/split.ts'
import { DATA_HOLDER, type Server } from './server.ts'

const anyUri = (value: string) => ({ '@type': `${XSD}anyURI`, '@value': value })

/** GET / (2.3.0, Server Information). */
export const serverInformation = ({ base, since }: Server): (() => Answer) => {
  const body = JSON.stringify({
    '@context': { api: API },
    '@id': `${base}/`,
    '@type': 'api:ServerInformation',
    'api:hasDataHolder': { '@id': objectIri(base, DATA_HOLDER) },
    'api:hasServerEndpoint': anyUri(base),
    'api:hasSupportedApiVersion': API_VERSIONS,
    'api:hasSupportedContentType': ['application/ld+json'],
    'api:hasSupportedEncoding': ['identity'],
    'api:hasSupportedLanguage': ['en-US'],
    'api:hasSupportedOntology': [CARGO.slice(0, -1), API.slice(0, -1)].map(anyUri),
    'api:hasSupportedOntologyVersion': [anyUri(`${CARGO.slice(0, -1)}/3.3`), anyUri(`${CARGO.slice(0, -1)}/3.2`)],
  })
  return () => ({ status: 200, body, headers: { type: `${API}ServerInformation`, 'last-modified': httpDate(since) } })
}
