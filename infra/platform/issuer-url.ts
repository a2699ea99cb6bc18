import type { Config } from '../config.ts'
import { allowsAddress, allowsHost, parseAllow } from '../outbound/allow.ts'

/**
 * Whether tokens and keys may come from a URL: by https, from a deployment of this playground, or from where the operator allowed
 * calls to (OUTBOUND_ALLOW). Whether its address may be called is judged when it is called.
 */
export const issuerUrls = (config: Pick<Config, 'DEPLOYMENTS_DOMAIN' | 'OUTBOUND_ALLOW'>): ((url: string) => boolean) => {
  const allow = parseAllow(config.OUTBOUND_ALLOW)
  return (url) => {
    const { protocol, hostname, port } = new URL(url)
    const number = Number(port) || (protocol === 'https:' ? 443 : 80)
    const address = hostname.replace(/^\[|\]$/g, '')
    return protocol === 'https:' || hostname.endsWith(`.${config.DEPLOYMENTS_DOMAIN}`) || allowsHost(allow, hostname, number) || allowsAddress(allow, address, number)
  }
}
