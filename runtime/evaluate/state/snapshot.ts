// A snapshot on its way to disk or database: what it is of, its length and its hash stand before the compressed state, and
// are checked before anything of it is read.

import { createHash } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { contractVersion, type ProgramMeta } from '../../contract.ts';
import { SnapshotProblem } from './snapshot-problem.ts';

/** Raised whenever what is written, or in what order, changes. */
const layoutVersion = 1;
const magic = Buffer.from('DDLSTATE', 'latin1');
/** State that is written and read back at most. */
export const snapshotBytesMost = 1 << 30;

const versionAt = magic.length;
const contractAt = versionAt + 4;
const sizeAt = contractAt + 4;
const programAt = sizeAt + 8;
const hashAt = programAt + 32;
const headerBytes = hashAt + 32;

/** What a program's state depends on, as 32 bytes: the same for two bundles that judge alike and number alike. */
export function programPrint({ schemas, policies }: ProgramMeta): Uint8Array {
  const judged = policies.map(({ name, hash, schema, onlyKey, state }) => [name, hash, schema, onlyKey, state]);
  return createHash('sha256')
    .update(JSON.stringify([schemas, judged]))
    .digest();
}

/** Errors: `SnapshotProblem` when the state is larger than is read back. */
export function sealSnapshot(state: Uint8Array, program: Uint8Array): Uint8Array {
  if (state.length > snapshotBytesMost) throw tooLarge(state.length);
  const packed = zstdCompressSync(state, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt32LE(layoutVersion, versionAt);
  header.writeUInt32LE(contractVersion, contractAt);
  header.writeDoubleLE(state.length, sizeAt);
  header.set(program, programAt);
  header.set(hashOf(header, packed), hashAt);
  return Buffer.concat([header, packed]);
}

/** The state that was sealed. Errors: `SnapshotProblem`. */
export function openSnapshot(bytes: Uint8Array, program: Uint8Array): Uint8Array {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, headerBytes));
  if (header.length < headerBytes || !header.subarray(0, magic.length).equals(magic))
    throw damaged('it does not begin like one');
  const [layout, contract] = [header.readUInt32LE(versionAt), header.readUInt32LE(contractAt)];
  if (layout !== layoutVersion || contract !== contractVersion) {
    throw new SnapshotProblem(
      'other-version',
      `the snapshot has layout ${layout} and contract ${contract}, this engine reads layout ${layoutVersion} and contract ${contractVersion}: read the log from further back`,
    );
  }
  const packed = bytes.subarray(headerBytes);
  if (!hashOf(header, packed).equals(header.subarray(hashAt))) throw damaged('its hash is not that of its bytes');
  if (!header.subarray(programAt, hashAt).equals(program)) {
    throw new SnapshotProblem(
      'other-program',
      'the snapshot is of another bundle: restore it with that one and carry its state over, or read the log from further back',
    );
  }
  const size = header.readDoubleLE(sizeAt);
  if (size > snapshotBytesMost) throw tooLarge(size);
  return unpacked(packed, size);
}

function unpacked(packed: Uint8Array, size: number): Uint8Array {
  let state: Uint8Array;
  try {
    // One byte more, so that a longer one is told from one that fits.
    state = zstdDecompressSync(packed, { maxOutputLength: size + 1 });
  } catch {
    throw damaged('what it holds can’t be unpacked');
  }
  if (state.length !== size) throw damaged('it holds more or less than it says');
  return state;
}

/** Of all but the place where the hash itself stands. */
function hashOf(header: Buffer, packed: Uint8Array): Buffer {
  return createHash('sha256').update(header.subarray(0, hashAt)).update(packed).digest();
}

function damaged(how: string): SnapshotProblem {
  return new SnapshotProblem('damaged', `the snapshot is damaged: ${how}; read the log from further back`);
}

function tooLarge(size: number): SnapshotProblem {
  return new SnapshotProblem(
    'too-large',
    `the state takes ${size} bytes, a snapshot holds ${snapshotBytesMost} at most: spread the keys over more partitions`,
  );
}
