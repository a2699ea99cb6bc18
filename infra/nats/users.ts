import { secret, type Config } from '../config.ts'
import { BROKER_PARTS, passwordName, type BrokerPart } from './parts.ts'
import { permissionsOf } from './permissions.ts'

export type BrokerUsers = {
  /** Who may do everything in the account: the operator's commands. */
  readonly operator: { readonly user: string; readonly password: string }
  readonly passwords: Readonly<Record<BrokerPart, string>>
}

/** Those of the folder of secrets. @throws Error that names a missing one */
export const brokerUsers = (config: Pick<Config, 'SECRETS_DIR'>): BrokerUsers => ({
  operator: { user: secret(config, 'nats-user'), password: secret(config, 'nats-password') },
  passwords: Object.fromEntries(BROKER_PARTS.map((part) => [part, secret(config, passwordName(part))])) as Record<BrokerPart, string>,
})

/** An answer within this time of the question; the longest question waits less. */
const ANSWERS = 'allow_responses: { max: 1, expires: "2m" }'

/** The block `authorization` of nats-server's configuration: a user for each part with its permissions, and the operator. */
export const authorization = ({ operator, passwords }: BrokerUsers): string => {
  const parts = BROKER_PARTS.map((part) => {
    const { publish, subscribe } = permissionsOf(part)
    return `    { user: ${text(part)}, password: ${text(passwords[part])}, permissions: {
      publish: { allow: ${list(publish)} }
      subscribe: { allow: ${list(subscribe)} }
      ${ANSWERS}
    } }`
  })
  return `authorization {
  users: [
    { user: ${text(operator.user)}, password: ${text(operator.password)} }
${parts.join('\n')}
  ]
}
`
}

/** Quoted: a bare value may look like a number, a size or a variable of the configuration. */
const text = (value: string): string => JSON.stringify(value)
const list = (subjects: readonly string[]): string => `[${[...new Set(subjects)].map(text).join(', ')}]`
