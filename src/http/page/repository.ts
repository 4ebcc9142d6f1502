import { bytesText, countText, durationText, ratesText } from '../../core/words.ts';
import type { StatusDocument, StatusRepository } from '../schema.ts';
import { calendarHtml } from './calendar.ts';
import { drillsHtml } from './drills.ts';
import { dumpsHtml } from './dumps.ts';
import { html, type Html } from './html.ts';
import { agoHtml, badge, detailsHtml, moreHtml, tableHtml, timeHtml, type Tone } from './parts.ts';
import { oldestMoment, repositoryChart } from './repository-chart.ts';

type StatusBackup = StatusRepository['backups'][number];

/** The drawing has a hundred of them, and the JSON. */
const MOST_ROWS = 20;
const DAY_SECONDS = 86_400;

const USES: Readonly<Record<StatusBackup['recoverability'], readonly [Tone, string]>> = {
  pitr: ['good', 'any moment up to now'],
  limited: ['warning', 'up to a gap'],
  consistent_only: ['warning', 'its own end only'],
  broken: ['bad', 'cannot be used'],
};

/** @param index of the repository, for ids that are unique in the page */
export function repositoryHtml(repository: StatusRepository, index: number, status: StatusDocument): Html {
  const { assessed_at } = status;
  const id = `repository-${index}`;
  const now = Date.parse(assessed_at) / 1_000;
  const isLong = now - oldestMoment(repository, now) > 3 * DAY_SECONDS;
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">Repository ${repository.name}</h2>
${runningHtml(repository, assessed_at)}${repositoryChart(repository, { id: `${id}-chart`, now })}${legendHtml(repository)}${
    isLong &&
    detailsHtml(
      `${id}-day`,
      'The last 24 hours alone',
      repositoryChart(repository, { id: `${id}-day-chart`, now, since: now - DAY_SECONDS }),
    )
  }${windowsHtml(repository, id)}${gapsHtml(repository, id)}${backupsHtml(repository, id, assessed_at)}${archiveHtml(repository, assessed_at)}${drillsHtml(repository, id, status)}${dumpsHtml(repository, id, assessed_at)}${calendarHtml(repository)}</section>\n`;
}

function runningHtml({ running }: StatusRepository, now: string): Html | false {
  if (running === null || running.length === 0) return false;
  return html`<ul class="running">${running.map(
    ({ method, type, started_at: at, done_bytes: done, expected_bytes: all }) => {
      const known = all !== null && all > 0 && done !== null;
      const share = known ? Math.min(100, Math.floor((done / all) * 100)) : undefined;
      const amount = done === null ? '' : `, ${bytesText(done)}${all === null ? '' : ` of ${bytesText(all)}`}`;
      return html`<li>A ${type ?? ''} backup of ${method} runs${at !== null && html`, begun ${agoHtml(at, now)}`}${amount}${
        share !== undefined &&
        html` <progress max="100" value="${share}" aria-label="progress of the backup">${share} %</progress> ${share} %`
      }</li>\n`;
    },
  )}</ul>\n`;
}

function legendHtml({ gaps, backups }: StatusRepository): Html {
  const has = (type: string): boolean => backups.some((backup) => backup.type === type);
  const entries = [
    ['window newest', 'can be restored'],
    ['wal', 'WAL in the archive'],
    ...(gaps.some(({ accepted }) => !accepted) ? [['gap', 'WAL is missing']] : []),
    ...(gaps.some(({ accepted }) => accepted) ? [['gap accepted', 'missing, and accepted']] : []),
  ];
  const shapes = [
    ...(has('full') ? ['■ full backup'] : []),
    ...(has('differential') ? ['◆ differential'] : []),
    ...(has('incremental') ? ['▲ incremental'] : []),
    ...(backups.some(({ recoverability }) => recoverability === 'broken') ? ['✕ backup that cannot be used'] : []),
  ];
  return html`<ul class="legend">${entries.map(([kind, text]) => html`<li>${swatch(kind)} ${text}</li>`)}${shapes.map((text) => html`<li>${text}</li>`)}</ul>\n`;
}

function swatch(kind = ''): Html {
  return html`<svg class="swatch" viewBox="0 0 18 12" aria-hidden="true"><g class="${kind}"><rect x="1" y="1" width="16" height="10"/></g></svg>`;
}

function windowsHtml({ windows, windows_omitted: omitted }: StatusRepository, id: string): Html {
  const shown = windows.toReversed().slice(0, MOST_ROWS);
  return detailsHtml(
    `${id}-windows`,
    `${countText(windows.length + omitted, 'span')} of time that can be restored`,
    html`${tableHtml({
      caption: 'Any moment from one to the other',
      columns: [
        { head: 'from', cell: ({ earliest_at: at }) => timeHtml(at) },
        { head: 'to', cell: ({ latest_at: at }) => timeHtml(at) },
        { head: 'to WAL position', cell: ({ latest_lsn: lsn }) => lsn },
        { head: 'timeline', cell: ({ timeline }) => timeline, isNumber: true },
        { head: 'from backups', cell: ({ backups, backups_omitted: more }) => backups.length + more, isNumber: true },
      ],
      rows: shown,
    })}${moreHtml(windows.length + omitted - shown.length, 'older spans')}`,
  );
}

function gapsHtml({ gaps, gaps_omitted: omitted }: StatusRepository, id: string): Html | false {
  if (gaps.length === 0) return false;
  const shown = gaps.toReversed().slice(0, MOST_ROWS);
  return detailsHtml(
    `${id}-gaps`,
    `${countText(gaps.length + omitted, 'gap')} in the WAL`,
    html`${tableHtml({
      caption: 'WAL that is missing; the newest first',
      columns: [
        { head: 'first file', cell: ({ first_file: name }) => html`<code>${name}</code>` },
        { head: 'last file', cell: ({ last_file: name }) => html`<code>${name}</code>` },
        { head: 'segments', cell: ({ segments }) => segments, isNumber: true },
        { head: 'after', cell: ({ after_at: at }) => timeHtml(at) },
        { head: 'before', cell: ({ before_at: at }) => timeHtml(at) },
        { head: 'accepted', cell: ({ accepted, reason }) => (accepted ? (reason ?? 'yes') : 'no') },
      ],
      rows: shown,
    })}${moreHtml(gaps.length + omitted - shown.length, 'older gaps')}`,
  );
}

function backupsHtml({ backups, backups_omitted: omitted }: StatusRepository, id: string, now: string): Html {
  const shown = backups.slice(0, MOST_ROWS);
  const count = backups.length + omitted;
  return detailsHtml(
    `${id}-backups`,
    count === 0 ? 'No backup' : countText(count, 'backup'),
    html`${tableHtml({
      caption: 'Backups, the newest first',
      columns: [
        { head: 'label', cell: ({ label }) => html`<code>${label}</code>` },
        { head: 'type', cell: ({ type }) => type },
        { head: 'use', cell: useOf },
        { head: 'ended', cell: ({ stopped_at: at }) => timeHtml(at) },
        { head: 'age', cell: ({ stopped_at: at }) => agoHtml(at, now) },
        { head: 'size', cell: ({ size_bytes: size }) => size !== null && bytesText(size), isNumber: true },
        { head: 'tool', cell: ({ method }) => method },
      ],
      rows: shown,
    })}${moreHtml(count - shown.length, 'older backups')}`,
  );
}

function useOf({ recoverability, reason, has_errors: hasErrors }: StatusBackup): Html {
  const [tone, text] = USES[recoverability];
  return html`${badge(tone, text)}${hasErrors && html` ${badge('warning', 'it has errors')}`}${reason !== null && html`<br><small>${reason}</small>`}`;
}

function archiveHtml({ archive, unlisted_backups: unlisted, ...rest }: StatusRepository, now: string): Html {
  const hidden = unlisted.length + rest.unlisted_backups_omitted;
  const last = unlisted.at(-1);
  const estimate = rest.restore_estimate;
  return html`<ul class="facts">
${archive === null ? html`<li>No archive was read.</li>` : archiveLines(archive, now)}${
    last !== undefined &&
    html`<li>Not counted: ${countText(hidden, 'backup')} of which only the archive tells; the last, ${last.label}, ended ${timeHtml(last.stopped_at)}.</li>\n`
  }${
    estimate !== null &&
    html`<li>A restore takes about ${durationText(estimate.restore_seconds)} of copying and ${durationText(estimate.recovery_seconds)} of replaying WAL, ${ratesText(estimate.restore_measured_at, estimate.recovery_measured_at)}.</li>\n`
  }</ul>\n`;
}

function archiveLines(archive: NonNullable<StatusRepository['archive']>, now: string): Html {
  const { newest_end_lsn: end, newest_timeline: timeline, bad_files: bad, bad_files_omitted: more } = archive;
  const counts = [
    [archive.pending_segments, 'on their way'],
    [archive.orphan_segments, 'of branches that were left'],
  ] as const;
  const others = counts.filter(([count]) => count > 0).map(([count, what]) => `; ${count} ${what}`);
  return html`<li>Archive: ${countText(archive.segments, 'segment')}${end !== null && `, up to ${end} on timeline ${timeline}`}, the last came ${agoHtml(archive.newest_at, now)}${others}.</li>
${
  bad.length > 0 &&
  html`<li>Bad files: ${bad.slice(-MOST_ROWS).map(({ name, reason }, index) => html`${index > 0 && ', '}<code>${name}</code> (${reason})`)}${bad.length + more > MOST_ROWS && ` and ${bad.length + more - MOST_ROWS} more`}</li>\n`
}`;
}
