// Why a snapshot can't be restored. The session that tried must not be used.

/**
 * - `damaged`: cut off, changed, or never a snapshot;
 * - `too-large`: holds more than is read back;
 * - `other-version`: written by an engine with another layout of snapshots or another contract;
 * - `other-program`: of another bundle.
 */
export type SnapshotFault = 'damaged' | 'too-large' | 'other-version' | 'other-program';

export class SnapshotProblem extends Error {
  readonly fault: SnapshotFault;

  constructor(fault: SnapshotFault, message: string) {
    super(message);
    this.name = 'SnapshotProblem';
    this.fault = fault;
  }
}
