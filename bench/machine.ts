import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly postgres: string;
  /** Of the last minute, when the run began and when it ended: what else was at work. */
  readonly loadAtStart: number;
  readonly loadAtEnd: number;
}

export function describeMachine(postgres: string, loadAtStart: number): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    node: process.version,
    postgres,
    loadAtStart,
    loadAtEnd: currentLoad(),
  };
}

/** Processes that ran or wanted to, on average over the last minute. */
export function currentLoad(): number {
  return loadavg()[0] ?? 0;
}
