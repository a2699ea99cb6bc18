// The service `init` of docker-compose.yml: makes what the others begin with, and ends. Run again it changes nothing that is there.
import { chmodSync, chownSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig, secret } from '../config.ts'
import { makeSecrets, passwordFile } from '../local/secrets.ts'
import { DATABASE_USER } from '../local/servers/postgres.ts'
import { authorization, brokerUsers } from '../nats/users.ts'

/** Whom the servers and our parts run as. */
const USER = 10_001

const config = readConfig()
const { SECRETS_DIR: folder } = config

makeSecrets(config)
writeFileSync(passwordFile(folder), `postgres:5432:*:${DATABASE_USER}:${secret(config, 'database-password')}\n`)
writeFileSync(join(folder, 'nats.conf'), `server_name: "playground"
# by default the limit of files is three quarters of what is free at its start: one that lies later
jetstream: { store_dir: "/data", sync_interval: always, max_file_store: 1P, max_memory_store: 1G }
${authorization(brokerUsers(config))}`)
for (const name of readdirSync(folder)) {
  chownSync(join(folder, name), USER, USER)
  chmodSync(join(folder, name), 0o400)
}
// volumes are root's when they are made
for (const path of [folder, ...process.argv.slice(2)]) chownSync(path, USER, USER)
