import type { MinimumSetting } from '../core/control-file.ts';
import type { DrillPhase } from '../core/drill-report.ts';
import type { DrillTarget, WalSupply } from '../core/drill.ts';
import { WalguardError } from '../core/error.ts';
import { formatLsn } from '../core/lsn.ts';
import { availableBytes } from '../storage/disk.ts';
import { lookThrough } from '../storage/restored-data.ts';
import { randomTarget, takeAim } from './aim.ts';
import type { Claim } from './claim.ts';
import { provenChecks } from './checks.ts';
import { runChecks } from './run-checks.ts';
import type { Draft } from './draft.ts';
import { type Observation, timelineAt } from './observation.ts';
import type { DrillParts, DrillWork, PhaseResult } from './parts.ts';
import { makePlan, type Plan } from './plan.ts';
import { configure, makeFolders, type Restored, settleRestored } from './prepare.ts';
import { findPrograms } from './programs.ts';
import { awaitStart, awaitTarget } from './recovery.ts';
import type { RestoredServer } from './restored-server.ts';
import { neededBytes, refuseFullDisk, whileThereIsRoom } from './space.ts';
import { unreadError } from './unread.ts';
import { describeTarget, toWanted } from './wanted.ts';
import { beginDraft, checksOf, madeBefore, serverIn, type WorkPlace } from './work.ts';

/** How often a server is started again with larger settings: WAL may raise each of them on its way. */
const MAX_STARTS = 6;

/** A drill of a backup. What supplies its server ends when it is disposed of, too. */
export class Drill implements DrillWork {
  readonly draft: Draft;
  readonly #parts: DrillParts;
  readonly #claim: Claim;
  readonly #asked: DrillTarget | undefined;
  readonly #raised = new Map<MinimumSetting, number>();
  #plan: Plan | undefined;
  #programs = '';
  #supply: WalSupply | undefined;
  #restored: Restored | undefined;
  #server: RestoredServer | undefined;
  #reached: Observation | undefined;
  #starts = 0;
  #restoreStarted = 0;

  constructor(parts: DrillParts, claim: Claim, target: DrillTarget | undefined) {
    this.#parts = parts;
    this.#claim = claim;
    this.#asked = target;
    this.draft = beginDraft(parts, claim, target);
  }

  get hasRestored(): boolean {
    return this.draft.copy !== undefined;
  }

  /** The end of the server's log, as far as it may be shown. */
  get log(): readonly string[] {
    return this.#server?.logExcerpt ?? [];
  }

  readonly phases: Readonly<Record<DrillPhase, (signal: AbortSignal) => Promise<PhaseResult>>> = {
    plan: (signal) => this.#choose(signal),
    restore: (signal) => this.#withRoom(signal, (each) => this.#restore(each)),
    start: (signal) => this.#start(signal),
    recovery: (signal) => this.#withRoom(signal, (each) => this.#recover(each)),
    checks: (signal) => this.#check(signal),
    stop: () => this.#stop(),
  };

  /** What a phase has counted. */
  bytesOf(phase: DrillPhase): number | undefined {
    if (phase === 'restore') return this.draft.copy?.bytes;
    const start = this.#plan?.backup.wal?.start;
    if (phase !== 'recovery' || this.#reached === undefined || start === undefined) return undefined;
    return Math.max(0, Number(this.#reached.replayed - start));
  }

  #withRoom(signal: AbortSignal, run: (signal: AbortSignal) => Promise<PhaseResult>): Promise<PhaseResult> {
    return whileThereIsRoom(this.#parts.settings.directory, signal, run);
  }

  async #choose(signal: AbortSignal): Promise<PhaseResult> {
    const { settings, environment, listener, repository } = this.#parts;
    const input = await this.#parts.read(signal);
    const aim = this.#asked ?? takeAim(settings.aims, () => randomTarget(input, Math.random), Math.random);
    const { target, random } = 'target' in aim ? aim : { target: aim, random: false };
    this.draft.wanted = { ...toWanted(target), ...(random ? { random } : {}) };
    const plan = makePlan(input, target);
    this.#plan = plan;
    const unread = unreadError(input.unread, repository, ['backup', 'archive']);
    if (unread !== undefined) this.draft.warn(unread.message);
    const { label, method = '', type, stopTimeSeconds, majorVersion, systemIdentifier } = plan.backup;
    this.draft.backup = { label, method, type, stopTimeSeconds, majorVersion, systemIdentifier };
    if (target.kind === 'latest' && plan.wantedLsn !== undefined)
      this.draft.wanted = { kind: 'latest', lsn: formatLsn(plan.wantedLsn) };
    if (majorVersion !== undefined) this.#programs = await findPrograms(majorVersion, settings, environment);
    refuseFullDisk(neededBytes(plan), await availableBytes(settings.directory), settings.directory);
    listener.progress({ phase: 'plan', what: `${label} to ${describeTarget(plan.target)}` });
    return 'done';
  }

  async #restore(signal: AbortSignal): Promise<PhaseResult> {
    const { layout } = this.#claim;
    const { restorerOf, settings, environment, listener } = this.#parts;
    const { chain, backup } = this.#planned();
    this.#restoreStarted = performance.now();
    await makeFolders(layout);
    const totalBytes = backup.sizeBytes;
    this.draft.copy = await restorerOf(backup.method ?? '').restore({
      backup,
      chain,
      dataDirectory: layout.data,
      tablespaceDirectory: layout.tablespaces,
      scratchDirectory: layout.scratch,
      programDirectory: this.#programs,
      progress: (doneBytes) => listener.progress({ phase: 'restore', doneBytes, totalBytes }),
      signal,
    });
    this.#restored = await settleRestored(layout, backup);
    this.draft.majorVersion = this.#restored.majorVersion;
    this.draft.systemIdentifier = this.#restored.control.systemIdentifier;
    if (this.#programs === '') this.#programs = await findPrograms(this.#restored.majorVersion, settings, environment);
    await this.#measure();
    return 'done';
  }

  async #start(signal: AbortSignal): Promise<PhaseResult> {
    const { layout } = this.#claim;
    const { settings } = this.#parts;
    const restored = madeBefore(this.#restored, 'what it restored');
    this.#starts += 1;
    if (this.#starts > MAX_STARTS) throw tooOften(this.#raised);
    this.#supply ??= await this.#supplied(signal);
    await configure(layout, {
      plan: this.#planned(),
      settings,
      restored,
      restoreCommand: this.#supply?.restoreCommand ?? '',
      raised: this.#raised,
    });
    this.#server = serverIn(this.#place, this.#programs);
    return (await this.#orWhy(awaitStart(this.#server, signal))) === 'settings' ? await this.#raise() : 'done';
  }

  async #supplied(signal: AbortSignal): Promise<WalSupply | undefined> {
    const { data: dataDirectory, scratch: scratchDirectory } = this.#claim.layout;
    const { backup } = this.#planned();
    return await this.#parts.supplier?.supply({ backup, dataDirectory, scratchDirectory, signal });
  }

  /** The server only says that a file could not be restored. */
  async #orWhy<T>(waiting: Promise<T>): Promise<T> {
    try {
      return await waiting;
    } catch (thrown) {
      const isSupply = thrown instanceof WalguardError && thrown.code === 'DRILL_SUPPLY_FAILED';
      throw isSupply ? (this.#supply?.failure ?? thrown) : thrown;
    }
  }

  async #recover(signal: AbortSignal): Promise<PhaseResult> {
    const { listener } = this.#parts;
    const plan = this.#planned();
    const server = this.#running();
    const start = plan.backup.wal?.start;
    const totalBytes = start === undefined || plan.wantedLsn === undefined ? undefined : Number(plan.wantedLsn - start);
    const waiting = awaitTarget({
      server,
      plan,
      majorVersion: this.#restored?.majorVersion ?? 0,
      signal,
      seen: (now) => {
        this.draft.recovered(now, timelineAt(now.replayed, server.log, plan));
        this.draft.replayedSegments = server.log.restored.count;
        const doneBytes = start === undefined ? undefined : Math.max(0, Number(now.replayed - start));
        const exact = plan.target.kind === 'latest' || plan.target.kind === 'lsn';
        const total = exact ? totalBytes : undefined;
        listener.progress({ phase: 'recovery', doneBytes, totalBytes: total, segments: server.log.restored.count });
      },
    });
    const reached = await this.#orWhy(waiting);
    if (reached === 'settings') return await this.#raise();
    this.#reached = reached;
    this.draft.rtoSeconds = (performance.now() - this.#restoreStarted) / 1_000;
    await this.#measure();
    return 'done';
  }

  async #check(signal: AbortSignal): Promise<PhaseResult> {
    const server = this.#running();
    const reached = madeBefore(this.#reached, 'what it reached');
    const { control } = madeBefore(this.#restored, 'what it restored');
    const proven = provenChecks({ server, plan: this.#planned(), reached });
    const pages = { ...control, dataDirectory: this.#claim.layout.data };
    await runChecks(checksOf(this.#place, { server, signal, proven, pages }));
    return 'done';
  }

  async #stop(): Promise<PhaseResult> {
    if (this.#parts.keep) await this.#server?.stop();
    await this[Symbol.asyncDispose]();
    return 'done';
  }

  async #raise(): Promise<PhaseResult> {
    for (const [name, value] of this.#running().log.tooLow) this.#raised.set(name, value);
    await this.#server?.[Symbol.asyncDispose]();
    return 'settings';
  }

  async #measure(): Promise<void> {
    this.draft.saw((await lookThrough(this.#claim.layout.root)).bytes);
  }

  get #place(): WorkPlace {
    return { parts: this.#parts, claim: this.#claim, draft: this.draft };
  }

  #planned(): Plan {
    return madeBefore(this.#plan, 'a plan');
  }

  #running(): RestoredServer {
    return madeBefore(this.#server, 'a server');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#server?.[Symbol.asyncDispose]();
    } finally {
      await this.#supply?.[Symbol.asyncDispose]();
    }
  }
}

function tooOften(raised: ReadonlyMap<string, number>): WalguardError {
  const said = [...raised].map(([name, value]) => `${name} = ${value}`).join(', ');
  return new WalguardError('DRILL_START_FAILED', `the restored server wants larger settings again and again: ${said}`, {
    hint: 'Read the last lines of its log in the report.',
  });
}
