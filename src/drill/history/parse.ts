import { DRILL_REPORT_VERSION, type DrillReport } from '../../core/drill-report.ts';
import { WalguardError } from '../../core/error.ts';
import { reportSchema, versionSchema } from './schema.ts';

/** Where a report was found. */
export interface ReportPlace {
  readonly path: string;
  /** What its file is called, without `.json`. */
  readonly id: string;
  readonly repository: string;
}

/** Of a file's text the report. Throws SOURCE_BAD_ANSWER; nothing of what stands in it is repeated. */
export function parseReport(text: string, { path, id, repository }: ReportPlace): DrillReport {
  const value = parse(text, path);
  const { data: head } = versionSchema.safeParse(value);
  if (head !== undefined && head.version > DRILL_REPORT_VERSION) throw newer(path, head.version);
  const { data: report, error } = reportSchema.safeParse(value);
  if (report === undefined) throw damaged(path, `${error.issues[0]?.path.join('.') || 'it'} is not as expected`);
  if (report.id !== id) throw damaged(path, 'it is of another drill than its name says');
  if (report.repository !== repository) throw damaged(path, 'it is of another repository');
  return report;
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw damaged(path, 'it is no JSON, or only a part of it');
  }
}

/** A file that is no report, or not one of this place. */
export function damaged(path: string, why: string): WalguardError {
  return new WalguardError('SOURCE_BAD_ANSWER', `The report of a drill ${path} does not count: ${why}`, {
    hint: 'Remove the file: walguard drill writes reports whole, so something else changed or put it there.',
    where: { file: path },
  });
}

function newer(path: string, version: number): WalguardError {
  return new WalguardError(
    'SOURCE_BAD_ANSWER',
    `The report of a drill ${path} does not count: it is of version ${version}, and ${DRILL_REPORT_VERSION} is the newest known here`,
    { hint: 'Upgrade this walguard: a newer one ran the drill.', where: { file: path } },
  );
}
