#!/bin/sh
# Makes the cluster at its first start and then runs the server, as user postgres. Of the official image's entrypoint it knows
# POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB (each also as _FILE), POSTGRES_INITDB_ARGS, POSTGRES_HOST_AUTH_METHOD, PGDATA, and
# *.sh and *.sql in /docker-entrypoint-initdb.d; there is no psql, so SQL runs in single-user mode, one file one transaction.
set -eu

# value of $1, of the file that $1_FILE names, or $2
setting() {
  eval "value=\${$1:-} path=\${$1_FILE:-}"
  if [ -n "$value" ] && [ -n "$path" ]; then echo "both $1 and $1_FILE are set" >&2; exit 1; fi
  if [ -n "$path" ]; then cat "$path"; else printf '%s' "${value:-$2}"; fi
}

case "${1:-}" in -*) set -- postgres "$@" ;; esac
if [ "${1:-}" != postgres ]; then exec "$@"; fi

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  find "$PGDATA" \! -user postgres -exec chown postgres {} +
  # a secret is root's to read: what it says goes on, not its path
  POSTGRES_PASSWORD=$(setting POSTGRES_PASSWORD '') POSTGRES_USER=$(setting POSTGRES_USER postgres)
  POSTGRES_DB=$(setting POSTGRES_DB "$POSTGRES_USER")
  unset POSTGRES_PASSWORD_FILE POSTGRES_USER_FILE POSTGRES_DB_FILE
  export POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB
  exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  user=$(setting POSTGRES_USER postgres)
  password=$(setting POSTGRES_PASSWORD '')
  database=$(setting POSTGRES_DB "$user")
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "$password" ] && [ "$method" != trust ]; then
    echo 'no password for the superuser: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE' >&2
    exit 1
  fi
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  secret=$(mktemp)
  printf '%s\n' "$password" > "$secret"
  # shellcheck disable=SC2086  # a list of words
  initdb --pgdata="$PGDATA" --username="$user" ${password:+--pwfile="$secret"} --auth-local=trust --auth-host="$method" --encoding=UTF8 --locale=C \
    -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql --no-instructions ${POSTGRES_INITDB_ARGS:-} || { rm -f "$secret"; exit 1; }
  rm -f "$secret"
  printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
  alone() { postgres --single -j -c exit_on_error=on -D "$PGDATA" "$1" > /dev/null; }
  if [ "$database" != postgres ]; then printf 'CREATE DATABASE "%s";\n\n' "$database" | alone postgres; fi
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh) echo "running $file"; . "$file" ;;
      *.sql) echo "running $file"; { cat "$file"; printf ';\n\n'; } | alone "$database" ;;
    esac
  done
fi
unset POSTGRES_PASSWORD
exec "$@"
