import { relative } from 'node:path'
import type { Options } from './options.ts'
import type { Running } from './running.ts'

/** What to do next: the URL, the token, and one command to paste. */
export const welcome = ({ urls, tokenFile, dataDir }: Running, { serversOnly }: Pick<Options, 'serversOnly'>): string => {
  if (serversOnly) return `servers ready: ${urls.nats}  ${urls.objectStore}  ${urls.database}  (logs: ${shown(dataDir)}/logs; Ctrl-C ends them)`
  return `ready

  Platform   ${urls.platform}
  Token      ${shown(tokenFile)}
  Logs       ${shown(dataDir)}/logs

  Make a ONE Record server (Ctrl-C here ends everything):

  curl -i -X POST ${urls.platform}/api/deployments \\
    -H "Authorization: Bearer $(cat ${shown(tokenFile)})" \\
    -H 'Content-Type: application/json' -d '{"name": "demo"}'
`
}

/** Short where the reader stands in the project, whole elsewhere. */
const shown = (path: string): string => {
  const short = relative('.', path)
  return short.startsWith('..') ? path : short
}
