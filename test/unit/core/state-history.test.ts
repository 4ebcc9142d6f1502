import { describe, expect, it } from 'vitest';
import { createStateHistory, type StateHistory } from '../../../src/core/state-history.ts';

interface Lab {
  readonly history: StateHistory;
  readonly saw: (atSeconds: number, state: string) => void;
  readonly at: (seconds: number) => readonly string[];
}

function lab(): Lab {
  let now = 0;
  const history = createStateHistory(() => now);
  return {
    history,
    saw(atSeconds, state) {
      now = atSeconds;
      history.saw(state);
    },
    at(seconds) {
      now = seconds;
      return history.spans().map(({ state, fromSeconds, toSeconds }) => `${state} ${fromSeconds}-${toSeconds}`);
    },
  };
}

describe('the history of states', () => {
  it('has changes only, each up to the next', () => {
    const { saw, at } = lab();
    for (const [seconds, state] of [
      [0, 'ok'],
      [10, 'ok'],
      [20, 'failing'],
      [30, 'failing'],
      [40, 'ok'],
      [50, 'ok'],
    ] as const)
      saw(seconds, state);
    expect(at(50)).toEqual(['ok 0-20', 'failing 20-40', 'ok 40-50']);
  });

  it('claims nothing of a time in which nobody looked', () => {
    const { saw, at } = lab();
    saw(0, 'ok');
    saw(60, 'ok');
    saw(1_000, 'ok');
    expect(at(1_000)).toEqual(['ok 0-60', 'ok 1000-1000']);
  });

  it('keeps a day, and begins anew when the clock goes back', () => {
    const { saw, at } = lab();
    saw(0, 'ok');
    saw(100, 'failing');
    saw(86_000, 'ok');
    expect(at(86_400)).toEqual(['ok 0-100', 'failing 100-100', 'ok 86000-86000']);
    expect(at(86_600)).toEqual(['ok 86000-86000']);
    saw(50, 'down');
    expect(at(50)).toEqual(['down 50-50']);
  });

  it('does not grow with an archiver that changes all the time', () => {
    const { saw, history } = lab();
    for (let seconds = 0; seconds < 10_000; seconds += 10) saw(seconds, seconds % 20 === 0 ? 'ok' : 'failing');
    expect(history.spans()).toHaveLength(300);
    expect(history.spans().at(-1)?.toSeconds).toBe(9_990);
  });
});
