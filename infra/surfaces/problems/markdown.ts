import type { ProblemType } from './problem.ts'

/** docs/problems.md: every type of problem on one page. */
export const problemsMarkdown = (types: readonly ProblemType[]): string => [
  '# Problems',
  '',
  'Made by `npm run docs` from `events/errors.ts` and `infra/surfaces/problems/texts.ts`; a running playground serves it at `/problems`.',
  '',
  'Every error is problem details ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)): `type` leads to what is below, `code` is stable and for programs, `detail` says what happened this time,',
  '`field` names what is to blame where something is. Four kinds: *rejected* (the rules say no), *conflict* (somebody was first), *transient* (it passes), *poison* (it will never work).',
  '',
  ...types.flatMap(sectionOf),
].join('\n')

const sectionOf = ({ code, path, status, kind, happened, remedy, example, routes, anywhere }: ProblemType): readonly string[] => [
  `## ${code}`,
  '',
  `${status}, ${kind}, \`${path}\`. ${happened}`,
  '',
  `*What to do.* ${remedy}`,
  '',
  `*For example.* ${example.detail}`,
  '',
  ...(routes.length > 0 || anywhere ? [`*Given by.* ${[...(anywhere ? ['any route'] : []), ...summary(routes)].join(', ')}`, ''] : []),
]

/** More routes than that are counted. */
const MANY = 8

const summary = (routes: readonly string[]): readonly string[] =>
  routes.length > MANY ? [`${routes.length} routes of ${[...new Set(routes.map((route) => /\/(?:api\/)?[^/]+/.exec(route)?.[0]))].map((base) => `\`${base}\``).join(', ')}`] : routes.map((route) => `\`${route}\``)
