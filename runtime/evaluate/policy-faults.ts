// Policies whose code has thrown. Such a policy is called no more by this partition, whatever key a row has, and is told
// with what it threw; all others go on. Where nobody listens the error is thrown on: a test must not miss it.

/** `null`: the error is thrown on. */
export type TellFault = ((policy: number, error: unknown) => void) | null;

export class PolicyFaults {
  readonly #off: Uint8Array;
  readonly #tell: TellFault;

  constructor(policies: number, tell: TellFault) {
    this.#off = new Uint8Array(policies);
    this.#tell = tell;
  }

  /** Whether the policy (its position in the program) has thrown. */
  isOff(policy: number): boolean {
    return this.#off[policy] === 1;
  }

  /** Turns the policy off; told once. */
  report(policy: number, error: unknown): void {
    if (this.#tell === null) throw error;
    if (this.#off[policy] === 1) return;
    this.#off[policy] = 1;
    this.#tell(policy, error);
  }
}
