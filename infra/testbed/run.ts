import { execFile } from 'node:child_process'
import { TestbedError } from './testbed-error.ts'

/** Daemons and tools of the system lie where a user's PATH often does not look. */
export const SYSTEM_PATH = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`

/** What a program printed. @throws TestbedError with the command and what it said instead */
export const run = (file: string, args: readonly string[], input?: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(file, [...args], { encoding: 'utf8', timeout: 180_000, env: { ...process.env, PATH: SYSTEM_PATH } }, (error, stdout, stderr) => {
      if (error) reject(new TestbedError(`${file} ${args.join(' ')}: ${stderr.trim() || error.message}`, { cause: error }))
      else resolve(stdout)
    })
    if (input !== undefined) child.stdin?.end(input)
  })

/** The same where "no" is an answer. */
export const succeeds = (file: string, args: readonly string[]): Promise<boolean> => run(file, args).then(() => true, () => false)
