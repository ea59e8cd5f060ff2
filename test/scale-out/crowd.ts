// Engines as people start them, in one consumer group: some are killed, some leave in order, some are frozen and wake
// up believing that nothing happened, others join. By a seed; one at least always works.

import { type EngineProcess, startEngine } from '../engine/engine-process.ts';
import type { Chance } from '../fuzz/chance.ts';

export type Happening = 'kill' | 'leave' | 'join' | 'freeze';

export interface CrowdOptions {
  readonly chance: Chance;
  /** Folder with the program; the engines' own working folder. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly most: number;
  /** Longer than a consumer's session, so that its partitions are given to others meanwhile. */
  readonly freezeMs: number;
  /** Told of each thing that happens. */
  readonly note: (text: string) => void;
}

const startsWithinMs = 60_000;

interface Member {
  readonly name: string;
  readonly engine: EngineProcess;
  state: 'starts' | 'works' | 'frozen' | 'gone';
  /** Resolves when it reads events, or has ended. */
  readonly ready: Promise<void>;
}

export class Crowd {
  readonly happened: Record<Happening, number> = { kill: 0, leave: 0, join: 0, freeze: 0 };
  readonly #options: CrowdOptions;
  readonly #members: Member[] = [];
  readonly #thaws = new Set<NodeJS.Timeout>();

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  start(count: number): void {
    for (let index = 0; index < count; index++) this.#add();
  }

  /** Resolves when all that were started read events. */
  async ready(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.ready));
  }

  /** One thing that can happen now, by chance; those that have not happened yet come first. */
  disturb(): void {
    const { chance, most } = this.#options;
    const working = this.#in('works').length;
    const alive = working + this.#in('frozen').length + this.#in('starts').length;
    const possible: Happening[] = [];
    if (working >= 2) possible.push('kill', 'leave', 'freeze');
    if (alive < most) possible.push('join');
    const fresh = possible.filter((kind) => this.happened[kind] === 0);
    if (possible.length === 0) return;
    const kind = fresh[0] ?? chance.of(possible);
    this.happened[kind]++;
    if (kind === 'join') this.#add();
    else this.#strike(kind, chance.of(this.#in('works')));
  }

  /** Wakes who is frozen; resolves with the names and exit codes of those that had ended without being told to. */
  async end(): Promise<readonly string[]> {
    for (const timer of this.#thaws) clearTimeout(timer);
    for (const { engine } of this.#in('frozen')) engine.process.kill('SIGCONT');
    const unasked: string[] = [];
    await Promise.all(
      this.#members.map(async (member) => {
        if (member.state === 'gone') return;
        const { exitCode, signalCode } = member.engine.process;
        if (exitCode !== null || signalCode !== null)
          unasked.push(`${member.name} ended with ${exitCode ?? signalCode}: ${member.engine.errors().slice(-2000)}`);
        const impatient = setTimeout(() => member.engine.process.kill('SIGKILL'), 30_000);
        await member.engine.end('SIGTERM');
        clearTimeout(impatient);
      }),
    );
    return unasked;
  }

  /** The last words of each engine, for people. */
  lastWords(length: number): string {
    return this.#members
      .map(({ name, state, engine }) => `--- ${name} (${state})\n${engine.errors().slice(-length)}`)
      .join('\n');
  }

  #strike(kind: Exclude<Happening, 'join'>, member: Member): void {
    this.#options.note(`${kind} ${member.name}`);
    if (kind !== 'freeze') {
      member.state = 'gone';
      member.engine.process.kill(kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
      return;
    }
    member.state = 'frozen';
    member.engine.process.kill('SIGSTOP');
    const timer = setTimeout(() => {
      this.#thaws.delete(timer);
      member.state = 'works';
      member.engine.process.kill('SIGCONT');
      this.#options.note(`${member.name} wakes up`);
    }, this.#options.freezeMs);
    this.#thaws.add(timer);
  }

  #add(): void {
    const { folder, environment, note } = this.#options;
    const name = `engine ${this.#members.length + 1}`;
    note(`${name} joins`);
    const engine = startEngine(folder, ['.'], environment);
    const ready = engine.says(/^watching/m, startsWithinMs).then(
      () => {
        if (member.state === 'starts') member.state = 'works';
      },
      // Told at the end, as one that ended without being told to.
      () => {},
    );
    const member: Member = { name, engine, state: 'starts', ready };
    this.#members.push(member);
  }

  #in(state: Member['state']): readonly Member[] {
    return this.#members.filter((member) => member.state === state);
  }
}
