import type { VitestReport } from '../../testing/report.ts'
import { VERSIONS, type Requirement, type Version } from './requirement.ts'
import { REQUIREMENTS } from './requirements.ts'

type Shown = { readonly passed: readonly string[]; readonly failed: readonly string[] }

/** What a test run showed of one requirement in one version: tests of the other version are not counted. */
const shownIn = (requirement: Requirement, version: Version, tests: VitestReport['testResults'][number]['assertionResults']): Shown => {
  const others = VERSIONS.filter((other) => other !== version).map((other) => `version ${other}`)
  const claiming = tests.filter(({ fullName }) => [`[${requirement.id}]`, ...requirement.shown].some((part) => fullName.includes(part)) && !others.some((other) => fullName.includes(other)))
  const names = (status: string) => claiming.filter((test) => test.status === status).map(({ fullName }) => fullName)
  return { passed: names('passed'), failed: names('failed') }
}

const cell = (requirement: Requirement, version: Version, shown: Shown): string =>
  !requirement.versions.includes(version) ? '-' : requirement.reason !== null ? 'reason' : shown.failed.length > 0 ? 'FAILED' : shown.passed.length > 0 ? `passed (${shown.passed.length})` : 'NOT SHOWN'

/** Name of a test without the tags of requirements. */
const plain = (name: string): string => name.replaceAll(/\[[A-Z]{3}-\d{3}\] /g, '').replace(/^conformance, version [\d.]+:? /, '')
const escaped = (text: string): string => text.replaceAll('|', '\\|')

/** The page of what a run of the tests showed, and the ids of what it did not. */
export const conformancePage = (reports: readonly VitestReport[]): { readonly page: string; readonly missing: readonly string[] } => {
  const tests = reports.flatMap(({ testResults }) => testResults.flatMap(({ assertionResults }) => assertionResults))
  const rows = REQUIREMENTS.map((requirement) => {
    const results = VERSIONS.map((version) => {
      const shown = shownIn(requirement, version, tests)
      return { shown, text: cell(requirement, version, shown) }
    })
    const names = [...new Set(results.flatMap(({ shown }) => shown.passed.map(plain)))]
    const how = requirement.reason ?? (names.length > 2 ? `${names.slice(0, 2).join('; ')}; and ${names.length - 2} more` : names.join('; '))
    return { requirement, results: results.map(({ text }) => text), how }
  })
  const missing = rows.filter(({ results }) => results.some((text) => text === 'FAILED' || text === 'NOT SHOWN')).map(({ requirement }) => requirement.id)
  const counted = (version: Version, index: number) => {
    const those = rows.filter(({ requirement }) => requirement.versions.includes(version))
    const reasons = those.filter(({ requirement }) => requirement.reason !== null).length
    const passed = those.filter(({ results }) => results[index]?.startsWith('passed')).length
    return `| ${version} | ${those.length} | ${passed} | ${reasons} | ${those.length - passed - reasons} |`
  }
  const sections = Map.groupBy(rows, ({ requirement }) => requirement.section.split(':')[0] ?? '')
  return {
    missing,
    page: `${[
      HEAD,
      `| version | requirements | passed | with a reason | not shown |\n| --- | --- | --- | --- | --- |\n${VERSIONS.map(counted).join('\n')}`,
      ...[...sections].map(([section, those]) => [
        `## ${section}`, '', '| id | level | section | asks | 2.2.0 | 2.3.0 | shown by, or why not |', '| --- | --- | --- | --- | --- | --- | --- |',
        ...those.map(({ requirement: { id, level, section: whole, asks }, results, how }) => `| ${id} | ${level} | ${escaped(whole.slice(section.length + 2))} | ${escaped(asks)} | ${results.join(' | ')} | ${escaped(how)} |`),
      ].join('\n')),
    ].join('\n\n')}\n`,
  }
}

const HEAD = `# Conformance to ONE Record API 2.2.0 and 2.3.0

Written by \`npm test\` from what its tests showed; not by hand. Each MUST, MUST NOT, SHOULD, SHOULD NOT and RECOMMENDED that the API and security part of the standard has for a
server, in words of ours (\`infra/one-record/conformance\`), with the tests that show it over HTTP against a served record, in both versions. What cannot be shown so has its reason.
Statuses, headers and bodies that the standard lists for one endpoint are one requirement. IATA's normative text is in IATA-Cargo/ONE-Record, \`Documentation_website/docs/API-Security\`.

## IATA's unit tests

IATA publishes a suite of 469 assertions for Postman (API Unit Test suite, under Tools in its documentation). This server passes 469 of 469. The suite is not part of this repository; run it with a copy of your own:

    npm run one-record -- --store /tmp/unit-tests --open --port 8088
    npx newman@6.2.2 run 1R_Unit_Tests.postman_collection --env-var baseUrl=http://127.0.0.1:8088

Take a folder that is empty: the suite makes objects with fixed ids. It expects that the holder's own changes are accepted at once and that accepting them again says so (204), and times of events in canonical form.`
