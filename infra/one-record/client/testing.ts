import { byFetch } from '../../client/send.ts'
import type { Served } from '../testing/serve.ts'
import type { Send } from './tokens.ts'

/** Sends what is for a served application's public base URL to where it listens. */
export const sendTo = ({ address, base }: Pick<Served, 'address' | 'base'>): Send => (url, sent) => byFetch(url.startsWith(base) ? address + url.slice(base.length) : url, sent)
