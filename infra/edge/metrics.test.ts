import { expect, it } from 'vitest'
import { readStats } from './metrics.ts'

it('of HAProxy\'s statistics those of frontends and backends are read that visitors go through', () => {
  const csv = [
    '# pxname,svname,scur,dreq,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,',
    'activity,BACKEND,0,0,0,0,0,0,0,', 'edge,FRONTEND,3,7,0,14,0,2,,', 'direct,any,1,,0,1,0,0,0,', 'direct,BACKEND,1,0,1,12,0,0,5,', '',
  ].join('\n')
  expect(readStats(csv)).toEqual([
    { proxy: 'edge', sessions: 3, denied: 7, codes: { '1xx': 0, '2xx': 14, '3xx': 0, '4xx': 2 } },
    { proxy: 'direct', sessions: 1, denied: 0, codes: { '1xx': 1, '2xx': 12, '3xx': 0, '4xx': 0, '5xx': 5 } },
  ])
})
