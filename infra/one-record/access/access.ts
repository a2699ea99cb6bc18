import { notFound } from '../http/api-error.ts'
import { objectIri } from '../objects/split.ts'
import { allows } from './grants/allows.ts'
import type { Access } from './port.ts'
import { forbidden } from './refusals.ts'

/** Access by grants. @param hideForbidden what may not be seen is said not to exist */
export const grantedAccess = ({ base, hideForbidden }: { readonly base: string; readonly hideForbidden: boolean }): Access => {
  const refusal: Access['refusal'] = (resource) => (hideForbidden ? notFound(resource) : forbidden('The holder has not granted you this.', resource))
  const may: Access['may'] = async (reader, agent, permission, object) => agent.isHolder || allows(reader, { agent: agent.uri, object, permission, now: Date.now() })
  return {
    may,
    check: async (reader, agent, permission, object) => {
      if (await may(reader, agent, permission, object)) return
      const iri = objectIri(base, object)
      // who may read it knows that it exists; else it is the same whether it does or not, in either mode
      throw (await may(reader, agent, 'GET_LOGISTICS_OBJECT', object)) ? forbidden('The holder has not granted you this.', iri) : refusal(iri)
    },
    refusal,
    holderOnly: ({ isHolder }) => {
      if (!isHolder) throw forbidden('This is for the holder of the data alone.')
    },
  }
}
