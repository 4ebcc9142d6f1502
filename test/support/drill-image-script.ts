const CONFIGURATIONS = `
mkdir -p /lab/space /lab/wal /lab/repo /lab/scratch /lab/barman /lab/drills /lab/copies/plain /lab/copies/tar /lab/copies/chain /lab/dumps
cat >/lab/pgbackrest.conf <<END
[global]
repo1-path=/lab/repo
compress-type=zst
lock-path=/lab/scratch
log-path=/lab/scratch
spool-path=/lab/scratch
log-level-file=off
start-fast=y
[main]
pg1-path=/lab/data
pg1-socket-path=/lab
pg1-user=postgres
END
cat >/lab/barman.conf <<END
[barman]
barman_home=/lab/barman
barman_user=postgres
log_file=/lab/barman/barman.log
[main]
description=A server of the tests
conninfo=host=/lab user=postgres dbname=postgres
backup_method=local-rsync
archiver=on
path_prefix=/usr/lib/postgresql/18/bin
[blocks]
description=The same, with backups of changed blocks
conninfo=host=/lab user=postgres dbname=postgres
streaming_conninfo=host=/lab user=postgres
backup_method=postgres
archiver=on
path_prefix=/usr/lib/postgresql/18/bin
END
cat >/lab/pgbackrest-and-others <<'END'
set -e
pgbackrest --config=/lab/pgbackrest.conf --stanza=main archive-push /lab/data/$1
for to in /lab/wal /lab/barman/main/incoming /lab/barman/blocks/incoming; do cp /lab/data/$1 $to/.$2; mv $to/.$2 $to/$2; done
END
`;

/** One server, whose WAL goes to pgBackRest, Barman and a folder, in segments that are not of the usual size. */
const START = `
initdb -D /lab/data -U postgres --auth=trust --no-sync --wal-segsize=4 >/dev/null
cat >>/lab/data/postgresql.conf <<END
listen_addresses = ''
unix_socket_directories = '/lab'
archive_mode = on
archive_command = 'bash /lab/pgbackrest-and-others %p %f'
summarize_wal = on
fsync = off
max_wal_size = 64MB
END
server start
backrest stanza-create
for each in main blocks; do barman -c /lab/barman.conf check $each >/lab/barman/said 2>&1 || true; done
`;

const BACKUPS = `
sql "CREATE TABLESPACE elsewhere LOCATION '/lab/space'"
sql "CREATE TABLE t (id int PRIMARY KEY) TABLESPACE elsewhere"
archive_all
backrest backup --type=full
sql "CREATE TABLE a AS SELECT generate_series(1, 20000) AS id"
backrest backup --type=incr
barman_backup main
barman_backup blocks
sql "CREATE TABLE d AS SELECT generate_series(1, 20000) AS id"
sleep 1
barman_backup blocks --incremental latest
sql "CREATE TABLE e TABLESPACE elsewhere AS SELECT generate_series(1, 20000) AS id"
sleep 1
barman_backup blocks --incremental latest
cd /lab/copies/plain; plain copy
cd /lab/copies/tar; copy copy -F tar -z -X none
cd /lab/copies/chain; plain full
sql "CREATE TABLE b AS SELECT generate_series(1, 20000) AS id"
plain second -i full/backup_manifest
sql "CREATE TABLE c AS SELECT generate_series(1, 20000) AS id"
plain third -i second/backup_manifest
# What was written just now may be half written, and a backup ends in whole seconds.
find /lab/copies -exec touch -d '5 minutes ago' {} +
sql "SELECT pg_sleep(2.1)" >/dev/null
`;

const HISTORY = `
sql "INSERT INTO t SELECT generate_series(1, 1000)"
sql "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'" >/lab/moment
sql "SELECT pg_sleep(0.01)" >/dev/null
sql "DELETE FROM t"
sql "SELECT pg_create_restore_point('emptied')" >/dev/null
sql "INSERT INTO t SELECT generate_series(1, 7)"
archive_all
server stop -m fast
touch /lab/data/standby.signal
server start
server promote
sql "INSERT INTO t SELECT generate_series(101, 200)"
archive_all
pg_dump -Fc -d postgres -f /lab/dumps/postgres.dump
touch -d '5 minutes ago' /lab/dumps/postgres.dump
sql "ALTER SYSTEM SET log_connections = 'all'"
# What changes in the archive from here on is not the server's doing.
sql "ALTER SYSTEM SET archive_command = ''"
sql "SELECT pg_reload_conf()" >/dev/null
sql "SELECT 1" >/dev/null
`;

/** Run as the server's account in /lab: a server with backups by every tool, a DELETE, a restore point, two timelines. */
export const DRILL_IMAGE_SCRIPT = `set -e
export PGHOST=/lab PGUSER=postgres
sql() { psql -XAtq -d postgres -c "$1"; }
server() { pg_ctl -w -s -D /lab/data -l /lab/server.log "$@"; }
backrest() { pgbackrest --config=/lab/pgbackrest.conf --stanza=main "$@"; }
copy() { pg_basebackup -c fast -l "$1" -D "$@" 2>&1; }
plain() { copy "$@" -T "/lab/space=$PWD/$1-space"; }
barman_backup() {
  barman -c /lab/barman.conf backup --wait --immediate-checkpoint "$@" >/lab/barman/said 2>&1 || { cat /lab/barman/said; exit 1; }
}
archive_all() {
  local name
  name=$(sql "SELECT pg_walfile_name(pg_switch_wal())")
  for _ in $(seq 600); do
    [ ! -e "/lab/wal/$name" ] || break
    sleep 0.1
  done
  for each in main blocks; do barman -q -c /lab/barman.conf archive-wal $each; done
}
${CONFIGURATIONS}${START}${BACKUPS}${HISTORY}`;
