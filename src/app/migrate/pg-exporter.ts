import {
  attention,
  oneEach,
  LABELS,
  listed,
  notNeeded,
  onSwitch,
  option,
  type Peer,
  renamed,
  sameFlag,
} from './peer.ts';

const URL_WHY = 'The URL is for the environment, where a password is not seen by others: DATA_SOURCE_NAME has it.';

/** Flags and variables of 1.4. */
export const PG_EXPORTER: Peer = {
  flags: [
    option('url', () => renamed([], URL_WHY), { short: 'u', variable: 'PG_EXPORTER_URL' }),
    option(
      'config',
      (value) => renamed([`--extend.query-path=${value}`], 'walguard reads its format, beside packs of its own.'),
      {
        short: 'c',
        variable: 'PG_EXPORTER_CONFIG',
      },
    ),
    onSwitch('web.systemd-socket', attention('walguard opens its own port: name it by --web.listen-address.')),
    sameFlag('web.listen-address', { implied: ':9630' }),
    sameFlag('web.config.file'),
    option('label', (value) => (value === '' ? notNeeded('It is empty.') : LABELS), {
      short: 'l',
      variable: 'PG_EXPORTER_LABEL',
    }),
    option('tag', oneEach('extend.tag'), { short: 't', variable: 'PG_EXPORTER_TAG' }),
    onSwitch('disable-cache', attention('The ttl of a block is observed: take it out of the file.'), {
      short: 'C',
      variable: 'PG_EXPORTER_DISABLE_CACHE',
    }),
    onSwitch(
      'disable-intro',
      notNeeded('What walguard says of itself is called walguard_*: Prometheus can drop it (metric_relabel_configs).'),
      {
        short: 'm',
        variable: 'PG_EXPORTER_DISABLE_INTRO',
      },
    ),
    onSwitch('auto-discovery', renamed(['--databases.include=*'], 'It is on unless it is switched off.'), {
      short: 'a',
      variable: 'PG_EXPORTER_AUTO_DISCOVERY',
      implied: 'true',
    }),
    option('exclude-database', oneEach('databases.exclude'), {
      short: 'x',
      variable: 'PG_EXPORTER_EXCLUDE_DATABASE',
      implied: 'template0,template1,postgres',
    }),
    option(
      'include-database',
      (value) => (listed(value).length === 0 ? notNeeded('It is empty.') : oneEach('databases.include')(value)),
      { short: 'i', variable: 'PG_EXPORTER_INCLUDE_DATABASE' },
    ),
    option(
      'namespace',
      (value) =>
        value === ''
          ? notNeeded('It is empty.')
          : attention('The names of walguard begin with pg_ and walguard_: change what uses others.'),
      {
        short: 'n',
        variable: 'PG_EXPORTER_NAMESPACE',
      },
    ),
    onSwitch('fail-fast', notNeeded('walguard serves at once, and says pg_up 0 while the server is away.'), {
      short: 'f',
      variable: 'PG_EXPORTER_FAIL_FAST',
    }),
    option(
      'connect-timeout',
      () =>
        notNeeded(
          'Connecting is part of the time of a scrape; connect_timeout of the connection string bounds it further.',
        ),
      {
        short: 'T',
        variable: 'PG_EXPORTER_CONNECT_TIMEOUT',
      },
    ),
    sameFlag('web.telemetry-path', { short: 'P', variable: 'PG_EXPORTER_TELEMETRY_PATH' }),
    onSwitch('dry-run', notNeeded('walguard check does it.'), { short: 'D' }),
    onSwitch('explain', notNeeded('walguard explain does it.'), { short: 'E' }),
    sameFlag('log.level'),
    sameFlag('log.format', { implied: 'logfmt' }),
    onSwitch('version', notNeeded('It prints the version and ends.')),
  ],
  variables: [
    {
      name: 'PG_EXPORTER_URL_FILE',
      outcome: () =>
        renamed(
          [],
          'Its path is for DATA_SOURCE_URI_FILE, with DATA_SOURCE_USER_FILE and DATA_SOURCE_PASS_FILE beside it.',
        ),
    },
  ],
};
