import { REQUEST_TYPES, STATUSES, TRANSITIONS, type RequestType } from '../one-record/requests/states.ts'
import { fenced } from './generated.ts'
import { stateDiagram } from './state-diagram.ts'

/** docs/action-requests.md: the ways of the action requests of a ONE Record server, a diagram for each kind that has its own. */
export const actionRequestsMarkdown = (): string => {
  const types = Object.keys(REQUEST_TYPES) as RequestType[]
  const byDiagram = Map.groupBy(types, diagramOf)
  const sections = [...byDiagram].map(([diagram, kinds]) => [`## ${kinds.join(', ')}`, '', fenced('mermaid', diagram), ''].join('\n'))
  const rows = TRANSITIONS.map(({ types: of, from, to, by }) => `| ${from} | ${to} | ${of.length === types.length ? 'all' : of.join(', ')} | ${by.join(', ')} |`)
  return [
    '# Action requests', '',
    'Made from `infra/one-record/requests/states.ts` by `npm run docs`: the state machine that decides (API 2.3.0, Action Requests).', '',
    ...sections,
    '## Who moves them', '',
    '| from | to | requests | who |', '| --- | --- | --- | --- |', ...rows, '',
    'What a holder has granted and grants again is nothing new; every other status that its state forbids is 422.', '',
  ].join('\n')
}

const diagramOf = (type: RequestType): string => {
  const own = TRANSITIONS.filter(({ types }) => types.includes(type))
  const statuses = STATUSES.filter((status) => own.some(({ from, to }) => from === status || to === status))
  return stateDiagram(statuses, [{ event: 'asked for', from: [], to: 'REQUEST_PENDING' }, ...own.map(({ from, to, why }) => ({ event: why, from: [from], to }))])
}
