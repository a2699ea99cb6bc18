#!/bin/sh
# what is no program is for minio, which reads MINIO_ROOT_USER_FILE and MINIO_ROOT_PASSWORD_FILE by itself
set -e
case "$1" in minio|/*|sh) ;; *) set -- minio "$@" ;; esac
exec "$@"
