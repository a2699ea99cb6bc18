import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule, TestSuite } from 'vitest/node'
import type { z } from 'zod'
import type { hookErrors } from './report.ts'

/** Writes what the hooks of groups failed with into the file that HOOK_ERRORS names. */
export default class HookErrors implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const path = process.env['HOOK_ERRORS']
    const failed = modules.flatMap((module) => [...module.children.allSuites()].flatMap((suite) => errorsOf(module, suite)))
    if (path !== undefined) writeFileSync(path, JSON.stringify(failed))
  }
}

const errorsOf = (module: TestModule, suite: TestSuite): z.infer<typeof hookErrors> =>
  suite.errors().map(({ message }) => ({ file: module.moduleId, group: suite.fullName, message }))
