import type { Claim } from '../../../slot/port.ts'
import { KeysUnavailable, type FetchJson } from './key-sets.ts'

/** A key set or discovery document is small; bytes. */
const MAX_BYTES = 128 * 1024
const TOTAL_MS = 10_000

/**
 * The guarded client for documents of issuers (infra/outbound): no inner addresses but what the claim allows and the deployments
 * of this platform, no redirects. Loaded with its first use; many slots never need it.
 */
export const guardedFetch = ({ outboundAllow, platform }: Pick<Claim, 'outboundAllow' | 'platform'>): { readonly fetchJson: FetchJson; close(): void } => {
  const opening = async () => {
    const [{ openOutbound }, { parseAllow }] = await Promise.all([import('../../../outbound/client.ts'), import('../../../outbound/allow.ts')])
    return openOutbound({ allow: parseAllow(`${outboundAllow},*.${platform.domain}:${platform.port}`), ownHosts: [], totalMs: TOTAL_MS, maxBodyBytes: MAX_BYTES })
  }
  let outbound: ReturnType<typeof opening> | null = null

  return {
    fetchJson: async (url) => {
      outbound ??= opening()
      const outcome = await (await outbound).send({ url, method: 'GET', headers: { accept: 'application/json' }, body: Buffer.alloc(0), wantsBody: true })
      if (outcome.kind === 'refused') throw new KeysUnavailable('The keys of its issuer lie at an address that is not called from here.', false)
      if (outcome.kind !== 'answered' || outcome.status >= 500) throw new KeysUnavailable('Its issuer does not answer.', true)
      if (outcome.status !== 200) throw new KeysUnavailable(`Its issuer answers ${outcome.status} where its keys should be.`, false)
      return parsed(String(outcome.body))
    },
    // what could not be opened has told whoever asked, and has nothing to close
    close: () => void outbound?.then((open) => open.close(), () => {}),
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new KeysUnavailable('What its issuer answers is no JSON.', false)
  }
}
