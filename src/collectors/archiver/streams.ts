import type { RunningBackup } from '../../core/catalogue.ts';
import { parseLsn } from '../../core/lsn.ts';
import type { ServerView } from '../../core/recoverability.ts';

/** @param text a line each: the position, and the name, in which there may be blanks */
export function readReceivers(text: string): ServerView['receivers'] {
  return linesOf(text).flatMap((line) => {
    const [lsn = '', ...name] = line.split(' ');
    const flushLsn = parseLsn(lsn);
    return flushLsn === undefined ? [] : [{ applicationName: name.join(' '), flushLsn }];
  });
}

/** @param text a line each: when it began, what was streamed of it and, if that is known, what there is in all */
export function readBaseBackups(text: string): readonly RunningBackup[] {
  return linesOf(text).map((line) => {
    const [startTimeSeconds, doneBytes, expectedBytes] = line.split(' ').map(Number);
    // From 17 on it may be incremental, which the server does not tell.
    return { type: undefined, startTimeSeconds, doneBytes, expectedBytes };
  });
}

/** @param text the bytes of each name in hexadecimal digits; undefined where they were not asked for */
export function readDatabases(text: string | undefined): readonly string[] | undefined {
  return text?.split(' ').map((digits) => Buffer.from(digits, 'hex').toString('utf8'));
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.split('\n');
}
