// What `ddlc run` was given to run: a bundle, through the gate like any other, or sources, compiled now.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packBundle } from '../runtime/bundle/bundle-files.ts';
import type { BundleGate } from '../runtime/bundle/bundle-gate.ts';
import { BundleError } from '../runtime/bundle/load.ts';
import { manifestFile } from '../runtime/bundle/manifest.ts';
import { bundleHash } from '../runtime/bundle/read.ts';
import type { RunningBundle } from '../runtime/bundle/running-bundle.ts';
import { bundleTexts } from './bundle.ts';
import { checkedProgram } from './checked-program.ts';
import { packageInfo } from './package-info.ts';
import { generate, loadEmitted } from './program.ts';
import type { Terminal } from './terminal.ts';

/**
 * `null` when the sources have errors, which have been printed. The serial of sources is 0: any bundle may follow them.
 * @throws BundleError when the bundle does not pass the gate.
 */
export async function givenBundle(dir: string, terminal: Terminal, gate: BundleGate): Promise<RunningBundle | null> {
  const folder = resolve(terminal.folder, dir);
  if (existsSync(join(folder, manifestFile))) {
    const verdict = await gate.verify(folder, 'folder', null);
    if (!verdict.passed) throw new BundleError(`${dir}: ${verdict.message}`, verdict.fault);
    const { bundle, bytes, evaluator } = verdict;
    const { hash, signedBy, manifest } = bundle;
    return { hash, serial: manifest.serial, origin: 'folder', signedBy, bytes, evaluator };
  }
  const checked = checkedProgram(dir, terminal);
  if (checked === null) return null;
  const emitted = generate(checked.ir);
  const identity = { compiler: `ddlc ${packageInfo().version}`, serial: 0 };
  const texts = bundleTexts(emitted, checked.project.files, identity);
  const hash = bundleHash(texts.get(manifestFile) ?? '');
  const bytes = packBundle(texts);
  return { hash, serial: 0, origin: 'sources', signedBy: null, bytes, evaluator: loadEmitted(emitted) };
}
