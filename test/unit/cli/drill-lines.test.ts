import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createDrillLines } from '../../../src/cli/drill-lines.ts';

const MIB = 1_048_576;

let written: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  written = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Of what was drawn, without what clears the line. */
function last(): string | undefined {
  return written.at(-1)?.replace(/^\r.\[K/, '');
}

describe('the line of a drill on a terminal', () => {
  it('tells bytes of how many, segments, and how long it takes at the rate of the phase', () => {
    const lines = createDrillLines({ terminal: true, quiet: false });
    vi.advanceTimersByTime(50_000);
    lines.begun('recovery', 'main');
    vi.advanceTimersByTime(10_000);
    lines.progress({ phase: 'recovery', doneBytes: 100 * MIB, totalBytes: 400 * MIB, segments: 7 });
    expect(last()).toBe('recovery: 100 MiB of 400 MiB, 7 segments, 30 s left');
  });

  it('is drawn at once in each phase, and then five times a second', () => {
    const lines = createDrillLines({ terminal: true, quiet: false });
    lines.begun('restore', 'main');
    vi.advanceTimersByTime(1_000);
    for (let index = 0; index < 10; index += 1) {
      lines.progress({ phase: 'restore', doneBytes: index * MIB });
      vi.advanceTimersByTime(100);
    }
    expect(written).toHaveLength(1 + 5);
    lines.begun('start', 'main');
    lines.progress({ phase: 'start', what: 'a server' });
    expect(last()).toBe('start: a server');
  });

  it('is no longer than the terminal', () => {
    const lines = createDrillLines({ terminal: true, quiet: false });
    vi.advanceTimersByTime(1_000);
    lines.progress({ phase: 'plan', what: 'x'.repeat(500) });
    expect(last()).toHaveLength((process.stdout.columns || 80) - 1);
  });
});
