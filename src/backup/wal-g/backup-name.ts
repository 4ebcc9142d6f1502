/** What the name of a backup says. WAL files are given without regard to the size of segments. */
export interface BackupName {
  readonly timeline: number;
  /** Where its WAL begins. */
  readonly startFile: string;
  /** Where that of the backup began that a delta builds upon; undefined for a full one. */
  readonly parentFile: string | undefined;
}

const NAME = /^base_([0-9A-F]{24})(?:_D_([0-9A-F]{24}))?$/;

/** Reads `base_<WAL file>` and `base_<WAL file>_D_<WAL file of its parent>`; undefined for anything else. */
export function readBackupName(name: string): BackupName | undefined {
  const [, startFile, parentFile] = NAME.exec(name) ?? [];
  if (startFile === undefined) return undefined;
  return { timeline: Number.parseInt(startFile.slice(0, 8), 16), startFile, parentFile };
}
