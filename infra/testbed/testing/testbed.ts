import type { Bed, BedNode } from '../state.ts'

/** What tests on a Swarm are given: `inject('testbed')`. They share it; each removes what it made. */
export type Testbed = {
  /** For what cables.ts does to nodes. */
  readonly name: string
  /** Managers of one Swarm; `socket` is the path of the engine's, `address` is on the bridge. */
  readonly nodes: readonly Pick<BedNode, 'name' | 'address' | 'socket'>[]
  /** Holds the bases: `ADDRESS/node:24.21.0-bookworm-slim`, ... (infra/images/bases/pins.ts). */
  readonly registry: Bed['registry']
  readonly builder: Bed['builder']
  /** Where nodes and their containers reach this machine. */
  readonly gateway: string
}

declare module 'vitest' {
  // eslint-disable-next-line typescript/consistent-type-definitions -- merged with vitest's own
  export interface ProvidedContext {
    testbed: Testbed
  }
}

export const testbedOf = ({ name, nodes, registry, builder, gateway }: Bed): Testbed =>
  ({ name, nodes: nodes.map(({ name: node, address, socket }) => ({ name: node, address, socket })), registry, builder, gateway })
