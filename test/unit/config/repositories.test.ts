import { describe, expect, it } from 'vitest';
import { readConfigFile } from '../../../src/config/config-file.ts';
import { readSettings } from '../../../src/config/settings.ts';
import { problemsOf } from '../support/problems.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();

let written = 0;

function read(text: string): ReturnType<typeof readConfigFile> {
  return readConfigFile(files.write(`${++written}.yml`, text));
}

function problemsOfText(text: string): string {
  return problemsOf(() => read(text)).replaceAll(/^\S+\/\d+\.yml/gm, 'walguard.yml');
}

/** A repository with one archive and these further lines. */
function withLines(lines: string): string {
  return `repositories:\n  main:\n    archive: {method: directory, path: /archive}\n${lines.replaceAll(/^/gm, '    ')}\n`;
}

const EVERYTHING = `repositories:
  main:
    interval: 30s
    time_zone: Europe/Berlin
    backup_interval: 1d
    drill_interval: 30d
    retention: {daily: 7, weekly: 4, monthly: 12, pitr: 1w, minimum_redundancy: 2}
    accepted_gaps:
      - {from: 000000010000000000000021, to: 000000010000000000000023, reason: disk lost in March}
      - from: '000000020000000100000FFF'
      - from: 00000001000000000000001E
    pending_after: 90s
    restore_rate: 100MB
    replay_rate: 50MiB
    archive: {method: directory, path: /archive, time_limit: 1m}
    backups:
      - {method: pg_basebackup, path: /backups}
      - method: pgbackrest
        stanza: main
        repo: 2
        config: /etc/pgbackrest.conf
        command: [pgbackrest, --log-level-console=off]
        prefix: [sudo, -n, -u, postgres]
        environment: {PGBACKREST_LOCK_PATH: /x}
        time_limit: 30s
    dump_interval: 25h
    dump_exclude: ["scratch_*"]
    dumps:
      - method: pg_dump
        path: /dumps
        level: whole
        file_names: ["{datname}-{date}.dump", "daily/*"]
        command: [/opt/pg_restore, --verbose]
        check_time_limit: 4h
  off_site:
    archive: {method: pgbackrest, stanza: main}
recoverability:
  rpo: 5m
  rto: 1h
  receivers: [keeper]
  repositories: [off_site]
`;

describe('the repositories of a configuration file', () => {
  it('are read with all that is said of them', () => {
    const { repositories, recoverability } = read(EVERYTHING);

    expect(repositories[0]).toEqual({
      name: 'main',
      intervalMs: 30_000,
      policy: {
        backupIntervalSeconds: 86_400,
        drillSource: 'backups',
        drillIntervalSeconds: 2_592_000,
        dumpIntervalSeconds: 90_000,
        dumpExclude: ['scratch_*'],
        retention: { daily: 7, weekly: 4, monthly: 12, pitrSeconds: 604_800, minimumRedundancy: 2 },
        timeZone: 'Europe/Berlin',
        restoreBytesPerSecond: 100_000_000,
        replayBytesPerSecond: 52_428_800,
        pendingAfterSeconds: 90,
      },
      acceptedGaps: [
        { from: '000000010000000000000021', to: '000000010000000000000023', reason: 'disk lost in March' },
        { from: '000000020000000100000FFF', to: '000000020000000100000FFF', reason: undefined },
        { from: '00000001000000000000001E', to: '00000001000000000000001E', reason: undefined },
      ],
      archive: { method: 'directory', path: '/archive', time_limit: 60_000 },
      backups: [
        { method: 'pg_basebackup', path: '/backups', time_limit: 300_000 },
        {
          method: 'pgbackrest',
          stanza: 'main',
          repo: 2,
          config: '/etc/pgbackrest.conf',
          command: ['pgbackrest', '--log-level-console=off'],
          prefix: ['sudo', '-n', '-u', 'postgres'],
          environment: { PGBACKREST_LOCK_PATH: '/x' },
          time_limit: 30_000,
        },
      ],
      dumps: [
        {
          method: 'pg_dump',
          path: '/dumps',
          level: 'whole',
          file_names: ['{datname}-{date}.dump', 'daily/*'],
          command: ['/opt/pg_restore', '--verbose'],
          check_time_limit: 14_400_000,
          time_limit: 300_000,
        },
      ],
      drillSource: 'backups',
      drillChecks: { sql: [], rows: [] },
    });
    expect(recoverability).toEqual({
      policy: { rpoSeconds: 300, rtoSeconds: 3_600 },
      receivers: ['keeper'],
      repositories: ['off_site'],
    });
  });

  it('have the defaults that the documentation names', () => {
    const { repositories, recoverability } = read(withLines(''));

    expect(repositories).toEqual([
      {
        name: 'main',
        intervalMs: 60_000,
        policy: {
          backupIntervalSeconds: undefined,
          drillSource: 'backups',
          drillIntervalSeconds: undefined,
          dumpIntervalSeconds: undefined,
          dumpExclude: ['postgres'],
          retention: {},
          timeZone: 'UTC',
          restoreBytesPerSecond: undefined,
          replayBytesPerSecond: undefined,
          pendingAfterSeconds: 120,
        },
        acceptedGaps: [],
        archive: { method: 'directory', path: '/archive', time_limit: 300_000 },
        backups: [],
        dumps: [],
        drillSource: 'backups',
        drillChecks: { sql: [], rows: [] },
      },
    ]);
    expect(recoverability.receivers).toEqual(['pg_receivewal', 'barman_receive_wal']);
    expect(recoverability.repositories).toEqual(['main']);
  });

  it('are none without a file, or in a file whose sections are commented out', () => {
    const settings = readSettings({ flags: {}, collectorFlags: new Map(), env: {} });
    const commented = read('repositories:\n  # main:\nrecoverability:\n  # rpo: 5m\n');

    for (const { repositories, recoverability } of [settings, commented]) {
      expect(repositories).toEqual([]);
      expect(recoverability.repositories).toEqual([]);
      expect(recoverability.policy).toEqual({ rpoSeconds: undefined, rtoSeconds: undefined });
    }
  });
});

describe('the problems of repositories in a configuration file', () => {
  it('are told all at once, each at its place, with the nearest known word', () => {
    const text = `repositories:
  main:
    interval: 60
    intervall: 60s
    time_zone: Europe/Berln
    backup_interval: daily
    retention: {dayly: 7, weekly: 0, pitr: 0}
    pending_after: 0
    restore_rate: 100mb
    archive: {method: directori, path: /archive}
    backups:
      - {method: pg_basebackup, paht: /backups}
      - {method: pgbackrest, stanza: main, repo: 0, config: etc/pgbackrest.conf, time_limit: 2d}
      - {path: /backups}
      - pgbackrest
recoverability:
  rpo: 5
  receivers: pg_receivewal
`;
    expect(problemsOfText(text)).toMatchInlineSnapshot(`
      "walguard.yml:3:5: CONFIG_BAD_VALUE: repositories.main.interval is 60
        hint: Give a duration such as 30s or 5m, of a day at most.
      walguard.yml:5:5: CONFIG_BAD_VALUE: repositories.main.time_zone is "Europe/Berln"
        hint: Give an IANA name such as Europe/Berlin (did you mean "Europe/Berlin"?).
      walguard.yml:6:5: CONFIG_BAD_VALUE: repositories.main.backup_interval is "daily"
        hint: Give a duration above 0 such as 5m, 1d or 4w.
      walguard.yml:7:27: CONFIG_BAD_VALUE: repositories.main.retention.weekly is 0
        hint: Give a whole number above 0.
      walguard.yml:7:38: CONFIG_BAD_VALUE: repositories.main.retention.pitr is 0
        hint: Give a duration above 0 such as 5m, 1d or 4w.
      walguard.yml:7:17: CONFIG_UNKNOWN_KEY: the key "dayly" is not known in repositories.main.retention
        hint: Did you mean "daily"?
      walguard.yml:8:5: CONFIG_BAD_VALUE: repositories.main.pending_after is 0
        hint: Give a duration above 0 such as 5m, 1d or 4w.
      walguard.yml:9:5: CONFIG_BAD_VALUE: repositories.main.restore_rate is "100mb"
        hint: Give bytes a second, or kB, MB, GB, KiB, MiB or GiB such as 100MB.
      walguard.yml:10:15: CONFIG_BAD_VALUE: repositories.main.archive.method is "directori"
        hint: Use directory, s3, pgbackrest, wal_g, barman (did you mean "directory"?).
      walguard.yml:12:9: CONFIG_MISSING_KEY: repositories.main.backups.0.path is missing
        hint: Add it. Give a path from the root such as /archive.
      walguard.yml:12:33: CONFIG_UNKNOWN_KEY: the key "paht" is not known in repositories.main.backups.0
        hint: Did you mean "path"?
      walguard.yml:13:44: CONFIG_BAD_VALUE: repositories.main.backups.1.repo is 0
        hint: Give a whole number above 0.
      walguard.yml:13:53: CONFIG_BAD_VALUE: repositories.main.backups.1.config is "etc/pgbackrest.conf"
        hint: Give a path from the root such as /archive.
      walguard.yml:13:82: CONFIG_BAD_VALUE: repositories.main.backups.1.time_limit is "2d"
        hint: Give a duration such as 30s or 5m, of a day at most.
      walguard.yml:14:9: CONFIG_MISSING_KEY: repositories.main.backups.2.method is missing
        hint: Add it. Use pg_basebackup, pgbackrest, wal_g, barman, barman_cloud.
      walguard.yml:15:9: CONFIG_BAD_VALUE: repositories.main.backups.3 is "pgbackrest"
        hint: It must be a mapping.
      walguard.yml:4:5: CONFIG_UNKNOWN_KEY: the key "intervall" is not known in repositories.main
        hint: Did you mean "interval"?
      walguard.yml:17:3: CONFIG_BAD_VALUE: recoverability.rpo is 5
        hint: Give a duration above 0 such as 5m, 1d or 4w.
      walguard.yml:18:3: CONFIG_BAD_VALUE: recoverability.receivers is "pg_receivewal"
        hint: It must be a list."
    `);
  });

  it('name accepted gaps that are no WAL names, run backwards or across timelines', () => {
    const text = withLines(`accepted_gaps:
  - {from: 000000010000000000000023, to: 000000010000000000000021}
  - {from: 000000010000000000000023, to: 000000020000000000000024}
  - {from: 00000001000000000000002}
  - {from: 000000010000000000001000}
  - {from: 000000000000000000000001}
  - {from: 00000001000000000000E021}
  - {from: 000000010000000000000021.partial}
  - {to: 000000010000000000000021}`);

    expect(problemsOfText(text)).toMatchInlineSnapshot(`
      "walguard.yml:5:42: CONFIG_BAD_VALUE: repositories.main.accepted_gaps.0.to is "000000010000000000000021"
        hint: Give a segment that does not come before 000000010000000000000023.
      walguard.yml:6:42: CONFIG_BAD_VALUE: repositories.main.accepted_gaps.1.to is "000000020000000000000024"
        hint: Give a segment of the timeline of 000000010000000000000023, and each timeline a gap of its own.
      walguard.yml:7:10: CONFIG_BAD_VALUE: repositories.main.accepted_gaps.2.from is 1000000000000002
        hint: Give the name of a WAL segment such as 000000010000000000000021.
      walguard.yml:8:10: CONFIG_BAD_VALUE: repositories.main.accepted_gaps.3.from is "000000010000000000001000"
        hint: Give the name of a WAL segment such as 000000010000000000000021.
      walguard.yml:9:10: CONFIG_BAD_VALUE: repositories.main.accepted_gaps.4.from is "000000000000000000000001"
        hint: Give the name of a WAL segment such as 000000010000000000000021.
      walguard.yml:10:10: CONFIG_BAD_VALUE: repositories.main.accepted_gaps.5.from is "00000001000000000000E021"
        hint: Give the name of a WAL segment such as 000000010000000000000021.
      walguard.yml:11:10: CONFIG_BAD_VALUE: repositories.main.accepted_gaps.6.from is "000000010000000000000021.partial"
        hint: Give the name of a WAL segment such as 000000010000000000000021.
      walguard.yml:12:9: CONFIG_MISSING_KEY: repositories.main.accepted_gaps.7.from is missing
        hint: Add it. Give the name of a WAL segment such as 000000010000000000000021."
    `);
  });

  it('name repositories that are not plain words without repeating what may be a secret', () => {
    const text = `repositories:
  "s3://key:hunter2@bucket": {archive: {method: directory, path: /archive}}
  two words: {archive: {method: directory, path: /archive}}
`;
    const problems = problemsOfText(text);

    expect(problems).not.toContain('hunter2');
    expect(problems).toMatchInlineSnapshot(`
      "walguard.yml:2:3: CONFIG_BAD_VALUE: repositories.(a name) is not usable
        hint: Name it by a plain word of letters, digits, "_", "." and "-".
      walguard.yml:3:3: CONFIG_BAD_VALUE: repositories.(a name) is not usable
        hint: Name it by a plain word of letters, digits, "_", "." and "-"."
    `);
  });

  it('name what one repository cannot have, and names of repositories that there are not', () => {
    const backups = '{method: pg_basebackup, path: /a}, {method: pg_basebackup, path: /b}';
    const policy = 'recoverability:\n  repositories: [mian, main, main, elsewhere]\n';

    expect(problemsOfText('repositories:\n  empty:\n    interval: 1m\n')).toMatchInlineSnapshot(`
      "walguard.yml:2:3: CONFIG_MISSING_KEY: repositories.empty.archive is missing
        hint: Add it. Or name its backups or dumps."
    `);
    expect(problemsOfText(withLines(`backups: [${backups}]`))).toMatchInlineSnapshot(`
      "walguard.yml:4:51: CONFIG_BAD_VALUE: repositories.main.backups.1.method is "pg_basebackup"
        hint: Give the second of one method a repository of its own."
    `);
    expect(problemsOfText(`${withLines('')}${policy}`)).toMatchInlineSnapshot(`
      "walguard.yml:6:18: CONFIG_BAD_VALUE: recoverability.repositories.0 is "mian"
        hint: Did you mean "main"?
      walguard.yml:6:30: CONFIG_BAD_VALUE: recoverability.repositories.2 is "main"
        hint: Name it once.
      walguard.yml:6:36: CONFIG_BAD_VALUE: recoverability.repositories.3 is "elsewhere"
        hint: Known are: main."
    `);
    expect(problemsOfText('recoverability: {repositories: [main]}\n')).toMatchInlineSnapshot(`
      "walguard.yml:1:33: CONFIG_BAD_VALUE: recoverability.repositories.0 is "main"
        hint: Describe it under repositories."
    `);
    expect(problemsOfText(`${withLines('')}  main: {archive: {method: directory, path: /b}}\n`)).toMatchInlineSnapshot(`
      "walguard.yml:5:3: CONFIG_YAML_SYNTAX: Map keys must be unique
        hint: Remove or rename one of them: only one would count."
    `);
  });

  it('name what a folder needs no program for', () => {
    const text = `repositories:
  main:
    archive: {method: pgbackrest, stanza: main, repo: 1, path: /r, config: /c, prefix: [ssh], environment: {A: b}}
`;
    expect(problemsOfText(text)).toMatchInlineSnapshot(`
      "walguard.yml:3:68: CONFIG_BAD_VALUE: repositories.main.archive.config is "/c"
        hint: Leave it out, or the path: the folder is read without a program.
      walguard.yml:3:80: CONFIG_BAD_VALUE: repositories.main.archive.prefix is not usable
        hint: Leave it out, or the path: the folder is read without a program.
      walguard.yml:3:95: CONFIG_BAD_VALUE: repositories.main.archive.environment is not usable
        hint: Leave it out, or the path: the folder is read without a program."
    `);
  });

  it('do not repeat what a tool is run with', () => {
    const text = withLines(`backups:
  - method: pgbackrest
    stanza: main
    command: hunter2
    prefix: [[hunter2]]
    environment: {PGBACKREST_REPO1_CIPHER_PASS: [hunter2], OTHER: 2}`);
    const problems = problemsOfText(text);

    expect(problems).not.toContain('hunter2');
    expect(problems).toMatchInlineSnapshot(`
      "walguard.yml:7:9: CONFIG_BAD_VALUE: repositories.main.backups.0.command is not usable
        hint: It must be a list.
      walguard.yml:8:18: CONFIG_BAD_VALUE: repositories.main.backups.0.prefix.0 is not usable
        hint: Give a text that is not empty.
      walguard.yml:9:23: CONFIG_BAD_VALUE: repositories.main.backups.0.environment.PGBACKREST_REPO1_CIPHER_PASS is not usable
        hint: It must be a string.
      walguard.yml:9:64: CONFIG_BAD_VALUE: repositories.main.backups.0.environment.OTHER is not usable
        hint: It must be a string."
    `);
  });
});
