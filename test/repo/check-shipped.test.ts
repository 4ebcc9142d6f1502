import { describe, expect, it } from 'vitest';
import { loadShippedPacks } from '../../src/app/check/load.ts';
import { readAllowList } from '../support/promtool.ts';

const { findings } = loadShippedPacks(new Set());
const warned = new Set(findings.map(({ code, message }) => `${code} ${message.split(' ')[0]}`));

/** The code for what promtool says of a family, in its words. */
function codeOf(complaint: string): string {
  if (complaint.includes('"_total"')) return 'CHECK_COUNTER_NAME';
  return complaint.includes('should not include type') ? 'CHECK_NAME_STYLE' : 'CHECK_RESERVED_NAME';
}

describe('what check says of the names in the packs that come with walguard', () => {
  it('is what promtool says of them on the page', async () => {
    const complaints = await readAllowList();
    const told = new Set(complaints.map((complaint) => `${codeOf(complaint)} ${complaint.split(' ')[0]}`));
    // Settings are a collector in code, and the pages that promtool reads are those of primaries.
    const isElsewhere = (each: string): boolean => / pg_(settings|stat_wal_receiver)_/.test(each);

    expect([...told].filter((each) => !warned.has(each) && !isElsewhere(each))).toEqual([]);
    expect([...warned].filter((each) => !told.has(each) && !isElsewhere(each))).toEqual([]);
  });

  it('are warnings, and nothing else', () => {
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
