import { DEFAULTS } from './arguments.ts';
import { FLEET } from './fleet.ts';
import { SCRAPERS } from './scrapers.ts';

export const helpText = `Usage: npm run bench -- [options]

Starts PostgreSQL, walguard and the exporters to compare it with, scrapes them in turn, and writes
bench.md, bench.json and plots into a folder. The quick default takes some minutes.

Options:
  --only LIST     scenarios, with commas, or all (default ${DEFAULTS.only}):
                    pack      pg_exporter's own pack, loaded by walguard and by pg_exporter
                    defaults  what walguard and postgres_exporter have switched on
                    many      the same with 10000 tables
                    growth    the same with 10 to 10000 tables
                    scrapers  ${SCRAPERS} at once against one alone
                    fleet     ${FLEET.targets} targets of one walguard, each every ${FLEET.intervalMs / 1_000} s
                    idle      memory of walguard after 100, 500 and 1000 scrapes
                    wal       reading and assessing an archive of 1000000 segments
                    faults    what walguard holds after 1000, 2000 ... scrapes among faults of the network
                    logs      walguard logs and pgBadger on one log in each format, pinned to one core
  --tables N      tables of the server (default ${DEFAULTS.tables}); many and growth have their own
  --delay LIST    ms to add to each round trip to the server (default ${DEFAULTS.delay}); for pack and defaults
  --rounds N      scrapes of each exporter (default ${DEFAULTS.rounds}); many and growth take 10 at most
  --segments N    segments of the archive that wal reads (default ${DEFAULTS.segments})
  --scrapes N     scrapes of faults (default ${DEFAULTS.scrapes})
  --log-mb N      size of the log that logs reads (default ${DEFAULTS.logMb}); pgBadger takes minutes for 1000
  --major N       PostgreSQL's major (default: the newest that is installed)
  --peers DIR     where the packages pg-exporter and prometheus-postgres-exporter were unpacked
                  (default PEERS_DIRECTORY, else where they are installed)
  --out DIR       folder for the results (default ${DEFAULTS.out})
  --profile       a CPU profile of walguard for each scenario, into the same folder; it makes walguard slower
  -h, --help      this text`;
