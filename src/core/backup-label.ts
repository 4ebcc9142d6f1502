import { type Lsn, parseLsn } from './lsn.ts';
import { zoneMinutes } from './zone-abbreviations.ts';

/** A moment as PostgreSQL writes it into a label, in log_timezone, with the zone's abbreviation. */
export interface LabelTime {
  /** As if the zone were UTC: right for differences. */
  readonly localSeconds: number;
  /** Unix seconds; undefined if the abbreviation stands for several zones. */
  readonly seconds: number | undefined;
}

/** What a `backup_label`, or a `.backup` file of the archive, says. */
export interface BackupLabelText {
  readonly startLsn: Lsn;
  /** Of the segment that the backup starts in. */
  readonly startFile: string;
  readonly label: string;
  readonly fromStandby: boolean;
  readonly startTime: LabelTime | undefined;
  readonly startTimeline: number;
  /** Of the checkpoint that recovery begins with, behind the start; undefined if it is not told. */
  readonly checkpointLsn: Lsn | undefined;
  /** Where the backup that an incremental one (17 and newer) builds upon began; undefined for a full one. */
  readonly incrementalFrom: Lsn | undefined;
  /** These two stand in a `.backup` file only. */
  readonly stopLsn: Lsn | undefined;
  readonly stopTime: LabelTime | undefined;
}

const WAL_LOCATION = /^([0-9A-F]+\/[0-9A-F]+) \(file ([0-9A-F]{24})\)$/;
const TIME = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d) (\S+)$/;

/** Reads PostgreSQL's text of a backup label (build_backup_content in its source); undefined if it is not one. */
export function parseBackupLabel(text: string): BackupLabelText | undefined {
  const fields = readFields(text);
  const [, startText = '', startFile] = WAL_LOCATION.exec(fields.get('START WAL LOCATION') ?? '') ?? [];
  const [, stopText] = WAL_LOCATION.exec(fields.get('STOP WAL LOCATION') ?? '') ?? [];
  const startLsn = parseLsn(startText);
  if (startLsn === undefined || startFile === undefined) return undefined;
  return {
    startLsn,
    startFile,
    label: fields.get('LABEL') ?? '',
    fromStandby: fields.get('BACKUP FROM') === 'standby',
    startTime: parseLabelTime(fields.get('START TIME')),
    startTimeline: Number(fields.get('START TIMELINE') ?? Number.parseInt(startFile.slice(0, 8), 16)),
    checkpointLsn: parseLsn(fields.get('CHECKPOINT LOCATION') ?? ''),
    incrementalFrom: parseLsn(fields.get('INCREMENTAL FROM LSN') ?? ''),
    stopLsn: stopText === undefined ? undefined : parseLsn(stopText),
    stopTime: parseLabelTime(fields.get('STOP TIME')),
  };
}

/** The first of each: a label may hold anything, also a line that looks like another field. */
function readFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^([A-Z ]+): (.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && !fields.has(name)) fields.set(name, value);
  }
  return fields;
}

function parseLabelTime(text: string | undefined): LabelTime | undefined {
  const [, ...parts] = TIME.exec(text ?? '') ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(0, 6).map(Number);
  const zone = parts[6];
  if (zone === undefined) return undefined;
  const localSeconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  const minutes = zoneMinutes(zone);
  return { localSeconds, seconds: minutes === undefined ? undefined : localSeconds - minutes * 60 };
}
