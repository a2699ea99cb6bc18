/** The parts that have a user of their own in the broker, named as their connections are. Functions of others have none. */
export const BROKER_PARTS = ['gateway', 'functions', 'dispatcher', 'projector', 'credentials', 'agent', 'edge', 'slot-keeper'] as const
export type BrokerPart = (typeof BROKER_PARTS)[number]

/** Name of the secret that is the password of a part's user. */
export const passwordName = <Part extends BrokerPart>(part: Part): `nats-password-${Part}` => `nats-password-${part}`

export const brokerPartNamed = (name: string): BrokerPart | null => BROKER_PARTS.find((part) => part === name) ?? null

/** Where a user's replies come: nobody else may listen there. */
export const inboxOf = (user: string): string => `_INBOX_${user}`
