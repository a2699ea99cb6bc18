import type { OpenApi } from '../openapi/document.ts'
import type { ProblemType } from '../problems/problem.ts'
import { html, json, prose, type Html } from './html.ts'
import { page } from './page.ts'

const KINDS: Readonly<Record<ProblemType['kind'], string>> = {
  rejected: 'The rules say no: the same request will not be taken.', conflict: 'Somebody was first: read it again and decide anew.', transient: 'It passes: the same request may be taken later.',
  poison: 'It will never work as it is: an event with this problem is parked.',
}

/** `/problems`: all types. */
export const problemsPage = (types: readonly ProblemType[]): string => page({
  title: 'Problems', at: '/problems',
  main: html`<p>Every error is problem details (RFC 9457). <code>type</code> leads to one of these pages, <code>code</code> is stable and for programs, <code>detail</code> says what happened this time, <code>field</code> names what is to blame.</p>
<ul class="plain">${types.map(({ path, code, status, happened }) => html`<li><span class="status">${status}</span><a href="${path}"><code>${code}</code></a> ${happened}</li>`)}</ul>`,
})

/** `/problems/<code>`: what happened, what to do, who gives it. */
export const problemPage = ({ title, status, code, kind, happened, remedy, example, routes, anywhere }: ProblemType, api: Pick<OpenApi, 'paths'>): string => page({
  title: title.charAt(0).toUpperCase() + title.slice(1), at: '/problems',
  main: html`<p><span class="status">${status}</span><code>${code}</code></p>
<h2>What happened</h2>${prose(happened)}<p class="kind">${KINDS[kind]}</p>
<h2>What to do</h2>${prose(remedy)}
<h2>For example</h2>${json(example)}
${routes.length > 0 || anywhere ? html`<h2>Who gives it</h2>${anywhere ? html`<p>Any route: it arises on the way there.</p>` : ''}<ul class="plain">${routes.map((route) => routeView(route, api))}</ul>` : ''}
<p><a href="/problems">All problems</a></p>`,
})

const routeView = (route: string, { paths }: Pick<OpenApi, 'paths'>): Html => {
  const [method = '', path = ''] = route.split(' ')
  const id = paths[path]?.[method.toLowerCase()]?.operationId ?? ''
  return html`<li><a href="/api/docs#${id}"><code>${route}</code></a></li>`
}
