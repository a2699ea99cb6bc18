import type { Entry } from './layer.ts'

/** What a base that is made here consists of, after its official example. */
export type Recipe = {
  /** Whether it stands on the shared layer of system programs; an image `FROM scratch` does not. */
  readonly system: boolean
  readonly entries: readonly Entry[]
  readonly config: {
    readonly Env?: readonly string[]
    readonly Entrypoint?: readonly string[]
    readonly Cmd?: readonly string[]
    readonly User?: string
    readonly WorkingDir?: string
    readonly ExposedPorts?: readonly string[]
    readonly Volumes?: readonly string[]
    readonly StopSignal?: string
  }
}

export const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
