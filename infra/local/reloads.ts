import { reloadHaproxy } from '../edge/reload.ts'
import { renewEnvironment, type Environment } from './environment.ts'
import { demandFree } from './ports.ts'
import { NO_RELOAD, announce, type Reloads } from './running.ts'
import { haproxyBeside } from './several.ts'

export type ReloadOptions = {
  readonly environment: Environment
  readonly freePorts: boolean
  /** How everything is started from now on. */
  readonly renew: (environment: Environment) => Promise<void>
  readonly report: (text: string) => void
}

/**
 * SIGUSR2, as HAProxy's own master has it: reads the settings again and reloads every HAProxy whose configuration that changes,
 * without losing a visitor. How it went stands in `playground.json`. One at a time.
 */
export const listenForReloads = ({ environment, freePorts, renew, report }: ReloadOptions): void => {
  let current = environment
  let reloads: Reloads = NO_RELOAD
  let under = Promise.resolve()

  const reload = async (): Promise<readonly string[]> => {
    const { environment: next, notTaken } = renewEnvironment(current, freePorts)
    // HAProxy pauses its listeners while it tries for one that it cannot have
    if (next.config.HTTP_PORT !== current.config.HTTP_PORT) await demandFree([{ variable: 'HTTP_PORT', port: next.config.HTTP_PORT, address: next.config.BIND_ADDRESS }])
    const said = await Promise.all(next.instances.edge.map(async ({ name, own }) =>
      (await reloadHaproxy({ ...next.config, ...own })) ? [`${haproxyBeside(name)} was reloaded`] : [`${haproxyBeside(name)} is as it is to be`]))
    await renew(next)
    current = next
    return [...said.flat(), ...notTaken.map((name) => `${name} was changed; only a start takes that`)]
  }
  const heard = async (): Promise<void> => {
    try {
      reloads = { heard: reloads.heard + 1, failure: null, said: [...(await reload())] }
      reloads.said.forEach(report)
    } catch (error) {
      reloads = { heard: reloads.heard + 1, failure: (error as Error).message, said: [] }
      report(`not reloaded: ${(error as Error).message}`)
    }
    announce(current, reloads)
  }
  process.on('SIGUSR2', () => void (under = under.then(heard)))
}
