import { oneRecordClient, type OneRecordClient } from '../one-record/client/client.ts'
import type { TokenSource } from '../one-record/client/tokens.ts'
import type { Client } from './http.ts'
import { ONCE, sendBy } from './token.ts'

/** A deployment's holder at a ONE Record server, its own or another's. @param server base URL */
export const holderAt = (client: Client, server: string, tokens: TokenSource): OneRecordClient => oneRecordClient({ server, tokens, send: sendBy(client), patience: ONCE })
