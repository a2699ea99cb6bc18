import { randomUUID } from 'node:crypto'
import { signToken } from '../../access/issuer/sign.ts'
import { caller, holderOf, OWNER } from '../../access/testing/closed.ts'
import type { Claim } from '../../../slot/port.ts'
import type { AgentName, Who } from './model.ts'

/** Tokens of one deployment: good ones of each agent, and some that are not. */
export type Agents = { readonly iri: Readonly<Record<AgentName, string>>; /** Headers of a request; `lie` chooses what is wrong with the token of the liar. */ headers(who: Who, lie: number): Readonly<Record<string, string>> }

type Place = { readonly claim: Claim; readonly address: string }

/** The holder, and others who are clients of this deployment. They are below its own address: nobody has to be called. */
export const makeAgents = async ({ claim, address }: Place): Promise<Agents> => {
  const base = claim.baseUrl
  const holder = holderOf({ base })
  const holderToken = await signToken(claim, { client: OWNER.id, agent: holder, audience: base })
  const client = async (name: string): Promise<readonly [iri: string, token: string]> => {
    const agent = `${base}/logistics-objects/${name}`
    const made = await caller({ address, base }, holderToken).must(201, 'POST', '/holder/clients', { name, agent })
    const { id } = await made.json() as { readonly id: string }
    return [agent, await signToken(claim, { client: id, agent, audience: base })]
  }
  const [partner, reader, stranger] = [await client('partner'), await client('reader'), await client('stranger')]
  const tokens: Readonly<Record<AgentName, string>> = { holder: holderToken, partner: partner[1], reader: reader[1], stranger: stranger[1] }
  const [head = '', , signature = ''] = partner[1].split('.')
  const lies = [
    'x', 'a.b.c', `${holderToken}x`, [head, holderToken.split('.')[1], signature].join('.'), `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${holderToken.split('.')[1]}.`,
    await signToken(claim, { client: OWNER.id, agent: holder, audience: 'https://another.test' }), await signToken(claim, { client: 'unknown', agent: holder, audience: base }),
    await signToken(claim, { client: OWNER.id, agent: partner[0], audience: base }), await signToken({ ...claim, baseUrl: 'https://another.test' }, { client: OWNER.id, agent: holder, audience: base }),
  ]
  return {
    iri: { holder, partner: partner[0], reader: reader[0], stranger: stranger[0] },
    headers: (who, lie) => {
      if (who === 'nobody') return {}
      // who lies too often from one address has to wait
      if (who === 'liar') return { authorization: `Bearer ${lies[lie % lies.length]}`, 'x-forwarded-for': randomUUID() }
      return { authorization: `Bearer ${tokens[who]}` }
    },
  }
}
