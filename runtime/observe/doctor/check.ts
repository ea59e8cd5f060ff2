// What `ddlc doctor` looks at. A check is one entry: the law that must hold, what one sees where it does not, and what to
// do; the troubleshooting page of the reference is made of the same entries.

/** What Redis says of itself. */
export interface RedisSurroundings {
  /** Where it is, without credentials. */
  readonly address: string;
  /** A setting by its name; `null` where the server does not tell it. */
  setting(name: string): Promise<string | null>;
  /** Its clock, epoch milliseconds. */
  now(): Promise<number>;
}

/** What PostgreSQL says of itself. */
export interface PostgresSurroundings {
  readonly address: string;
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface TopicFacts {
  readonly name: string;
  readonly partitions: number;
  /** Engines give its messages their keys: they come without. */
  readonly rekeyed: boolean;
}

export interface KeysSeen {
  readonly withoutKey: number;
  readonly seen: number;
}

export interface KafkaSurroundings {
  readonly address: string;
  /** The topics that the engine is configured to read; those that are not there are left out. */
  topics(): Promise<readonly TopicFacts[]>;
  /** Those of them that nobody but people makes. */
  readonly wanted: readonly string[];
  readonly group: string;
  /** Of the newest messages of each topic, as many as come in a few seconds: those without a key, and all. */
  keys(topics: readonly string[]): Promise<ReadonlyMap<string, KeysSeen>>;
  /** Messages behind the end, by topic; partitions that nobody has committed yet are left out. */
  lag(): Promise<ReadonlyMap<string, number>>;
}

/** What a running engine answers. */
export interface EngineSurroundings {
  readonly address: string;
  /** `null`: ready; else why it is not. */
  notReady(): Promise<string | null>;
  /** Value of a metric without labels; `null` when it is not told. */
  metric(name: string): Promise<number | null>;
}

/** A bundle in a folder, through the gate that an engine would put it through. */
export interface BundleSurroundings {
  readonly address: string;
  verify(): Promise<{ readonly fault: string } | { readonly fault: null; readonly signedBy: string | null }>;
}

/** Parts that are not configured are `null`, and their checks are left out. */
export interface Surroundings {
  readonly now: () => number;
  readonly bundle: BundleSurroundings | null;
  readonly redis: RedisSurroundings | null;
  readonly postgres: PostgresSurroundings | null;
  readonly kafka: KafkaSurroundings | null;
  readonly engine: EngineSurroundings | null;
}

export type Part = 'bundle' | 'redis' | 'postgres' | 'kafka' | 'engine';

export interface Finding {
  readonly level: 'fine' | 'warning' | 'problem';
  /** What was seen, in one sentence without a full stop. */
  readonly message: string;
}

export interface DoctorCheck<P extends Part = Part> {
  readonly name: string;
  readonly part: P;
  /** What must hold. */
  readonly law: string;
  /** What people see where it does not. */
  readonly symptom: string;
  /** What to do then. */
  readonly remedy: string;
  /** How long it may take, where that is longer than others need. */
  readonly msMax?: number;
  examine(part: NonNullable<Surroundings[P]>, surroundings: Surroundings): Promise<readonly Finding[]>;
}

export const fine = (message: string): Finding => ({ level: 'fine', message });
export const warning = (message: string): Finding => ({ level: 'warning', message });
export const trouble = (message: string): Finding => ({ level: 'problem', message });

/** Clocks that differ by more make events stale, or windows longer than they are. */
export const skewMsMax = 1_000;

export function clockFinding(name: string, theirs: number, before: number, after: number): Finding {
  // Their clock was read at some moment between ours: only what lies outside of that is a difference.
  const skewMs = Math.round(theirs < before ? before - theirs : Math.max(0, theirs - after));
  const text = `its clock and this machine’s differ by ${skewMs} ms`;
  return skewMs > skewMsMax ? trouble(`${name}: ${text}`) : fine(`${name}: ${text}`);
}
