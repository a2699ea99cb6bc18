import { OPERATIONS, type Operation } from '../one-record/openapi/operations.ts'
import { withGenerated } from './generated.ts'

/** docs/one-record.md with the table of all endpoints, made anew. @throws Error when a marker is missing */
export const generatedGuide = (guide: string): string => withGenerated(guide, 'endpoints', endpointsTable())

const endpointsTable = (): string =>
  ['| method, path | who | what | answers |', '|---|---|---|---|', ...OPERATIONS.map((operation) => `| \`${operation.method} /${operation.path}\` | ${whoMay(operation)} | ${whatItDoes(operation)} | ${answerOf(operation)} |`)].join('\n')

const whoMay = ({ who, needs }: Operation): string => (needs === undefined ? who : `\`${needs}\``)

const whatItDoes = ({ summary, query = [], requires = [] }: Operation): string => {
  const asked = [...requires, ...query]
  return asked.length === 0 ? summary : `${summary}: \`?${asked.join('= &')}=\``
}

const answerOf = ({ method, status, or, gives, headers = [] }: Operation): string => [
  or === undefined ? String(status) : `${status} or ${or}`,
  ...(gives === undefined || method === 'HEAD' ? [] : [`\`${gives.name}\``]),
  ...(headers.length === 0 ? [] : [`(${headers.join(', ')})`]),
].join(' ')
