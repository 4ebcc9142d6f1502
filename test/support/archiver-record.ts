import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, inject } from 'vitest';
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

/** Collects what one run measures on a major; `close` writes it down or compares the states with what is written. */
export class ArchiverRecorder {
  readonly #major: RecordedMajor;
  readonly #measured = new Map<string, Measured>();

  constructor(major: RecordedMajor) {
    this.#major = major;
  }

  /** Takes up what a scenario showed; without `--update` throws unless the states are those of the record. */
  add(title: string, measured: Measured): void {
    this.#measured.set(title, measured);
    if (!inject('updating')) expect(statesOf(measured), title).toEqual(statesOf(readRecord(this.#major)[title] ?? []));
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

function statesOf(measured: Measured): readonly string[] {
  return measured.map(({ state }) => state);
}

function recordFile(major: RecordedMajor): URL {
  return new URL(`../golden/archiver-pg${major}.json`, import.meta.url);
}
