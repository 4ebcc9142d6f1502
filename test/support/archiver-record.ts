import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { inject } from 'vitest';
import type { ArchiverState } from '../../src/collectors/archiver/state.ts';
import type { Measured } from './archiver-run.ts';
import { ARCHIVER_SCENARIOS } from './archiver-scenarios.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The run was told to write what it measures. */
    readonly updating: boolean;
  }
}

/** Majors that the table of states has a column for; 16 and 17 are as 18. */
export const RECORDED_MAJORS = [13, 14, 15, 18, 19] as const;

type RecordedMajor = (typeof RECORDED_MAJORS)[number];

/** What was measured on one major, by the scenario's title. */
export type ArchiverRecord = Readonly<Record<string, Measured>>;

/** What the last run that was told to write it down measured on a major; empty where there was none. */
export function readRecord(major: RecordedMajor): ArchiverRecord {
  const file = recordFile(major);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ArchiverRecord) : {};
}

/** Collects what one run measures on a major, beside what is on record. */
export class ArchiverRecorder {
  readonly #major: RecordedMajor;
  readonly #measured = new Map<string, Measured>();

  constructor(major: RecordedMajor) {
    this.#major = major;
  }

  /** Takes up what a scenario showed, and gives the states of the record; with `--update` these are the new ones. */
  take(title: string, measured: Measured): readonly ArchiverState[] {
    this.#measured.set(title, measured);
    return shownStates(inject('updating') ? measured : (readRecord(this.#major)[title] ?? []));
  }

  /** With `--update` writes the record, in the order of the scenarios; what was not measured stays as it was. */
  close(): void {
    if (!inject('updating')) return;
    const known = readRecord(this.#major);
    const rows = ARCHIVER_SCENARIOS.flatMap(({ title }) => {
      const measured = this.#measured.get(title) ?? known[title];
      return measured === undefined ? [] : [`  ${JSON.stringify(title)}: ${JSON.stringify(measured)}`];
    });
    writeFileSync(recordFile(this.#major), `{\n${rows.join(',\n')}\n}\n`);
  }
}

/** The states without their times. */
export function shownStates(measured: Measured): readonly ArchiverState[] {
  return measured.map(({ state }) => state);
}

function recordFile(major: RecordedMajor): URL {
  return new URL(`../golden/archiver-pg${major}.json`, import.meta.url);
}
