import { counter, seconds } from '../metrics/registry.ts'

/** `outcome`: `ack`, `retry`, `uncounted` (the receiver was away), `park`, `blocked`. Of endpoints of others `function` is `subscriptions`. */
export const deliveries = counter('playground_deliveries_total', 'Attempts to deliver an event, by what came of them', 'function', 'outcome')
export const deliverySeconds = seconds('playground_delivery_seconds', 'Time of one attempt to deliver an event', 'function')
