import { setTimeout as sleep } from 'node:timers/promises';

import type { DrillCheckReport, DrillPhase } from '../../core/drill-report.ts';
import type { DrillTarget, DumpRestorer } from '../../core/drill.ts';
import type { Dump } from '../../core/dumps.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { timeText, toTime } from '../../core/words.ts';
import { usableCpus } from '../../process/priority.ts';
import { availableBytes } from '../../storage/disk.ts';
import { lookThrough } from '../../storage/restored-data.ts';
import { secondsSince } from '../checks.ts';
import type { Claim } from '../claim.ts';
import type { Draft } from '../draft.ts';
import { serverEnded } from '../failures.ts';
import type { DrillParts, DrillWork, PhaseResult } from '../parts.ts';
import { makeFolders, refuseLeaks } from '../prepare.ts';
import { awaitStart } from '../recovery.ts';
import type { RestoredServer } from '../restored-server.ts';
import { runChecks } from '../run-checks.ts';
import { refuseFullDisk, whileThereIsRoom } from '../space.ts';
import { describeTarget, toWanted } from '../wanted.ts';
import { beginDraft, checksOf, madeBefore, serverIn, type WorkPlace } from '../work.ts';
import { type DumpPlan, labelOf } from './plan.ts';
import { makeDataDirectory } from './prepare.ts';
import type { DumpPrograms } from './programs.ts';
import { EmptyServer } from './server.ts';
import { bytesFor, noDumps, prepareDumps } from './wanted.ts';

/** More processes than that restore few dumps faster, and take the disk from everybody else. */
const MOST_JOBS = 4;
const MOST_LOOKS = 20;
const LOOK_MS = 100;

/** A drill of dumps: a new server, into which they are restored one after the other. */
export class DumpDrill implements DrillWork {
  readonly draft: Draft;
  readonly #parts: DrillParts;
  readonly #claim: Claim;
  readonly #asked: DrillTarget | undefined;
  readonly #proven: DrillCheckReport[] = [];
  #plan: DumpPlan | undefined;
  #programs: DumpPrograms | undefined;
  #server: RestoredServer | undefined;
  #restoredBytes = 0;
  #startedMs = 0;

  constructor(parts: DrillParts, claim: Claim, target: DrillTarget | undefined) {
    this.#parts = parts;
    this.#claim = claim;
    this.#asked = target;
    this.draft = beginDraft(parts, claim, target);
  }

  get hasRestored(): boolean {
    return this.#proven.length > 0;
  }

  get log(): readonly string[] {
    return this.#server?.logExcerpt ?? [];
  }

  readonly phases: Readonly<Record<DrillPhase, (signal: AbortSignal) => Promise<PhaseResult>>> = {
    plan: (signal) => this.#choose(signal),
    start: (signal) => this.#start(signal),
    restore: (signal) =>
      whileThereIsRoom(this.#parts.settings.directory, signal, async (each) => await this.#restore(each)),
    recovery: () => Promise.reject(new WalguardError('BUG', 'dumps are recovered')),
    checks: (signal) => this.#check(signal),
    stop: () => this.#stop(),
  };

  bytesOf(phase: DrillPhase): number | undefined {
    return phase === 'restore' && this.hasRestored ? this.#restoredBytes : undefined;
  }

  async #choose(signal: AbortSignal): Promise<PhaseResult> {
    const { listener, settings } = this.#parts;
    const { plan, programs, random } = await prepareDumps(this.#parts, this.#asked, signal);
    this.#plan = plan;
    this.draft.wanted = { ...toWanted(plan.target), ...(random ? { random } : {}) };
    const method = this.#restorer().method;
    const label = labelOf(plan);
    this.draft.backup = { label, method, stopTimeSeconds: plan.reachesSeconds };
    for (const each of plan.warnings) this.#warn(each);
    this.#programs = programs;
    this.draft.majorVersion = programs.major * 10_000;
    refuseFullDisk(bytesFor(plan), await availableBytes(settings.directory), settings.directory);
    listener.progress({ phase: 'plan', what: `${label} to ${describeTarget(plan.target)}` });
    return 'done';
  }

  async #start(signal: AbortSignal): Promise<PhaseResult> {
    const { layout } = this.#claim;
    const { settings, environment } = this.#parts;
    const programs = this.#found();
    this.#startedMs = performance.now();
    await makeFolders(layout);
    await makeDataDirectory({ layout, programs, settings, environment, signal });
    this.#server = serverIn(this.#place, programs.server);
    await awaitStart(this.#server, signal);
    return 'done';
  }

  async #restore(signal: AbortSignal): Promise<PhaseResult> {
    const plan = this.#planned();
    const server = this.#running();
    const empty = new EmptyServer({ server, tablespaceDirectory: this.#claim.layout.tablespaces, signal });
    for (const dump of plan.dumps) await this.#restoreOne(dump, empty, signal);
    const roles = empty.madeRoles;
    if (roles.length > 0)
      this.#warn(`Roles that no dump of globals brought were made without login: ${roles.map(printable).join(', ')}.`);
    this.draft.recoveredTo = { seconds: plan.reachesSeconds };
    this.draft.rtoSeconds = (performance.now() - this.#startedMs) / 1_000;
    await refuseLeaks(this.#claim.layout);
    this.draft.saw((await lookThrough(this.#claim.layout.root)).bytes);
    return 'done';
  }

  async #restoreOne(dump: Dump, empty: EmptyServer, signal: AbortSignal): Promise<void> {
    const { listener } = this.#parts;
    const what = printable(dump.file);
    const totalBytes = this.#planned().dumps.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const before = this.#restoredBytes;
    const started = performance.now();
    const tell = (doneBytes: number): void =>
      listener.progress({ phase: 'restore', what, doneBytes: before + doneBytes, totalBytes });
    tell(0);
    const request = {
      dump,
      server: empty,
      programDirectory: this.#found().client,
      jobs: Math.min(MOST_JOBS, usableCpus()),
      scratchDirectory: this.#claim.layout.scratch,
      progress: tell,
      signal,
    };
    const { by, warnings } = await this.#orEnded(this.#restorer().restore(request), signal);
    this.#restoredBytes = before + dump.sizeBytes;
    for (const each of warnings) this.#warn(`${what}: ${each}`);
    this.#proven.push({
      name: `dump ${what}`,
      kind: 'consistency',
      result: 'passed',
      datname: dump.datname,
      message: `written ${timeText(toTime(dump.timeSeconds))}, restored by ${by} without an error`,
      seconds: secondsSince(started),
    });
  }

  /** What a program says of a server that has ended says nothing of why. */
  async #orEnded<T>(restoring: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await restoring;
    } catch (thrown) {
      signal.throwIfAborted();
      const server = this.#running();
      // A server that breaks says so before its process is gone; one that lost a client says no less, and stays.
      for (let looks = 0; looks < MOST_LOOKS && server.log.end !== undefined && !server.hasEnded; looks++)
        await sleep(LOOK_MS, undefined, { signal });
      if (server.hasEnded) throw serverEnded(server.log, 'checks');
      throw thrown;
    }
  }

  async #check(signal: AbortSignal): Promise<PhaseResult> {
    const proven = { server: this.#running(), signal, proven: this.#proven, pages: undefined };
    await runChecks(checksOf(this.#place, proven));
    return 'done';
  }

  async #stop(): Promise<PhaseResult> {
    if (this.#parts.keep) await this.#server?.stop();
    await this[Symbol.asyncDispose]();
    return 'done';
  }

  #warn(line: string): void {
    this.draft.warn(line);
  }

  #restorer(): DumpRestorer {
    const { dumpRestorer } = this.#parts;
    if (dumpRestorer === undefined) throw noDumps(this.#parts.repository);
    return dumpRestorer;
  }

  get #place(): WorkPlace {
    return { parts: this.#parts, claim: this.#claim, draft: this.draft };
  }

  #planned(): DumpPlan {
    return madeBefore(this.#plan, 'a plan');
  }

  #found(): DumpPrograms {
    return madeBefore(this.#programs, 'programs');
  }

  #running(): RestoredServer {
    return madeBefore(this.#server, 'a server');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }
}
