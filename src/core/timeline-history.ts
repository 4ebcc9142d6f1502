import type { TimelineSwitch } from './catalogue.ts';
import { parseLsn } from './lsn.ts';

const LINE = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)(?:\s.*)?$/;

/**
 * Reads the text of a `.history` file: the timeline's ancestors, oldest first.
 *
 * Undefined if it is none: PostgreSQL's readTimeLineHistory refuses the same (no line at all, timelines that do not
 * ascend or reach the file's own), and a switch point that lies before its predecessor's.
 */
export function parseTimelineHistory(timeline: number, text: string): readonly TimelineSwitch[] | undefined {
  const switches: TimelineSwitch[] = [];
  for (const line of text.split('\n')) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, parentText, lsnText = ''] = LINE.exec(line) ?? [];
    const parent = Number(parentText);
    const switchLsn = parseLsn(lsnText);
    const last = switches.at(-1);
    if (switchLsn === undefined || !(parent > (last?.parent ?? 0)) || parent >= timeline) return undefined;
    if (last !== undefined && switchLsn < last.switchLsn) return undefined;
    switches.push({ parent, switchLsn });
  }
  return switches.length === 0 ? undefined : switches;
}
