import { parseArgs } from 'node:util'
import { StartError } from './part.ts'

export type Options = { readonly freePorts: boolean; readonly serversOnly: boolean; readonly dev: boolean; readonly help: boolean }

export const HELP = `npm start [-- options]: the whole playground on this machine, until Ctrl-C.
npm run dev [-- options]: the same with debug logs, and parts start again when their sources change.

  --free-ports     takes free ports instead of the configured ones; they are kept in DATA_DIR/ports.json
  --servers-only   only nats-server, PostgreSQL, MinIO and HAProxy
  --help           this

GATEWAYS=2, CREDENTIALS, DISPATCHERS, PROJECTORS, AGENTS and EDGES (1 to 4) start several of a part, named agent-1, agent-2, ...
Configuration: environment variables, or a file .env (or ENV_FILE); .env.example names them all. npm run reload (SIGUSR2) makes
what was changed there for the edge hold at once, without losing a visitor. Two playgrounds at once need a DATA_DIR each
and --free-ports. Data, logs and secrets lie in DATA_DIR (.data); delete it while nothing runs to begin anew.
While it runs, DATA_DIR/playground.json tells its URLs. Exits with 0 when it was asked to end, with 1 when it failed.
`

/** @throws StartError for options it does not know */
export const readOptions = (args: readonly string[]): Options => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { 'free-ports': { type: 'boolean' }, 'servers-only': { type: 'boolean' }, dev: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
    return { freePorts: values['free-ports'] ?? false, serversOnly: values['servers-only'] ?? false, dev: values.dev ?? false, help: values.help ?? false }
  } catch (error) {
    throw new StartError(`${(error as Error).message}\n\n${HELP}`)
  }
}
