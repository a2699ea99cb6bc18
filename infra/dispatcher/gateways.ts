import type { Config } from '../config.ts'

/** Where the gateways are, as HAProxy is told them; `http://127.0.0.1:8082`. At least one. */
export const gatewayUrls = ({ GATEWAY_ADDRESSES, GATEWAY_PORT, BIND_ADDRESS }: Pick<Config, 'GATEWAY_ADDRESSES' | 'GATEWAY_PORT' | 'BIND_ADDRESS'>): readonly string[] => {
  const own = `${BIND_ADDRESS}:${GATEWAY_PORT}`
  const all = GATEWAY_ADDRESSES === '' ? [own] : GATEWAY_ADDRESSES.split(',')
  // its own first, where that is one of them: dispatchers are spread over the gateways
  return [...all.filter((address) => address === own), ...all.filter((address) => address !== own)].map((address) => `http://${address}`)
}

/** Which of the gateways is asked: one for as long as it answers, then the next. */
export type Turn = {
  readonly count: number
  current(): string
  /** It did not answer: the next one's turn, unless another call has said so before. Gives whose turn it is. */
  pass(from: string): string
}

export const takeTurns = (urls: readonly string[]): Turn => {
  const [first] = urls
  if (first === undefined) throw new Error('there is no gateway to ask')
  let current = first
  return {
    count: urls.length,
    current: () => current,
    pass: (from) => {
      if (from === current) current = urls[(urls.indexOf(current) + 1) % urls.length] ?? first
      return current
    },
  }
}

/** Asks whose turn it is, then each other one once. @throws what the last of them threw */
export const askInTurn = async <T>(turn: Turn, ask: (url: string) => Promise<T>): Promise<T> => {
  for (let url = turn.current(), asked = 1; ; asked += 1) {
    try {
      return await ask(url)
    } catch (error) {
      url = turn.pass(url)
      if (asked === turn.count) throw error
    }
  }
}
