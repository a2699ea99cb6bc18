import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Options } from './options.ts'
import { docker } from './docker.ts'

/** Tags an image for a registry and pushes it. @throws Error with what the registry says */
export const pushImage = async (local: string, remote: string, configFolder: string | undefined, signal: AbortSignal): Promise<void> => {
  await docker(['tag', local, remote], { signal })
  await docker(['push', '--quiet', remote], { signal, ...(configFolder ? { configFolder } : {}) })
}

/** Runs with a configuration of docker's that has a login for this registry besides what it had; nothing of it is left. */
export const withLogin = async <T>(registry: string, login: NonNullable<Options['login']>, act: (configFolder: string) => Promise<T>): Promise<T> => {
  const own = process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')
  const folder = mkdtempSync(join(tmpdir(), 'docker-login-')) // mode 0700
  try {
    if (existsSync(own)) cpSync(own, folder, { recursive: true })
    const file = join(folder, 'config.json')
    const { credsStore: _store, credHelpers: _helpers, ...before } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown> : {}
    const auth = Buffer.from(`${login.user}:${readFileSync(login.passwordFile, 'utf8').trimEnd()}`).toString('base64')
    writeFileSync(file, JSON.stringify({ ...before, auths: { ...(before['auths'] as object | undefined), [registry]: { auth } } }), { mode: 0o600 })
    return await act(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
