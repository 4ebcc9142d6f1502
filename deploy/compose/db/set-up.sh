# Run once, by the image, when it makes the database; the server that follows has these settings. The password is no
# argument of a program.
psql -X -v ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres <<'END'
\set password `cat /run/secrets/walguard`
CREATE ROLE walguard LOGIN PASSWORD :'password' CONNECTION LIMIT 4;
GRANT pg_monitor TO walguard;
CREATE EXTENSION pg_stat_statements;

ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements';
ALTER SYSTEM SET track_io_timing = on;
ALTER SYSTEM SET archive_mode = on;
ALTER SYSTEM SET archive_command = 'sh /scripts/archive-wal %p %f';
-- The most that is lost of a server on which little is written.
ALTER SYSTEM SET archive_timeout = '1min';
END
