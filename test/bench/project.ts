// `npm run bench:project`: what a large policy repository costs `ddlc`: check, compile, fmt --check as processes of their
// own, and what one changed file costs `check --watch`. Goals for 10,000 policies on 2 cores: check 6 s, compile 10 s,
// fmt --check 4 s, one changed file 300 ms, under 1 GB; from 1,000 to 10,000 at most 12 times.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLargeProject } from './large-project.ts';
import { formatTable } from './table.ts';

const main = join(import.meta.dirname, '../../cli/main.ts');
const sizes = [1000, 10_000] as const;

interface Cost {
  readonly wallMs: number;
  readonly processorMs: number;
  readonly megabytes: number;
}

/** Says at its end what the process took. */
const preload = `data:text/javascript,process.on('exit',()=>{const u=process.resourceUsage();process.stderr.write('\\ncost '+((u.userCPUTime+u.systemCPUTime)/1000)+' '+(u.maxRSS/1024)+'\\n')})`;

function costOf(args: readonly string[]): Cost {
  const begun = performance.now();
  const ran = spawnSync(process.execPath, ['--import', preload, main, ...args], { encoding: 'utf8' });
  const wallMs = performance.now() - begun;
  const [, processor, memory] = /cost (\S+) (\S+)/.exec(ran.stderr) ?? [];
  if (ran.status !== 0 || processor === undefined) throw new Error(`ddlc ${args.join(' ')} failed: ${ran.stderr}`);
  return { wallMs, processorMs: Number(processor), megabytes: Number(memory) };
}

/** Times that `check --watch` says for edits of one file, ms. */
async function watchTimes(folder: string, edits: number): Promise<readonly number[]> {
  const child = spawn(process.execPath, [main, 'check', folder, '--watch']);
  const times: number[] = [];
  const path = join(folder, 'team-05/service-0005.ddl');
  let edited = 0;
  const done = new Promise<void>((resolve, reject) => {
    let said = '';
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`check --watch ended with ${code}`))));
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      for (let found = /checked in (\d+) ms; waiting/.exec(said); found !== null; found = null) {
        said = said.slice(found.index + found[0].length);
        times.push(Number(found[1]));
        if (edited === edits) child.kill('SIGINT');
        else {
          edited++;
          writeFileSync(path, readFileSync(path, 'utf8').replace(/threshold: \d+%/, `threshold: ${40 + edited}%`));
        }
      }
    });
  });
  await done;
  return times.slice(1);
}

const folder = mkdtempSync(join(tmpdir(), 'ddl-project-'));
try {
  const rows: string[][] = [];
  for (const size of sizes) {
    const program = join(folder, String(size));
    writeLargeProject(program, size);
    const commands = [
      ['check', program],
      ['compile', program, '--out', `${program}-bundle`],
      ['fmt', program, '--check'],
    ];
    for (const command of commands) {
      const { wallMs, processorMs, megabytes } = costOf(command);
      rows.push([String(size), `ddlc ${command[0]}`, ...[wallMs, processorMs, megabytes].map((x) => x.toFixed(0))]);
    }
    const times = [...(await watchTimes(program, 7))].sort((left, right) => left - right);
    rows.push([String(size), 'one changed file, watched', String(times[3]), '', '']);
  }
  process.stdout.write(formatTable('a policy repository', ['policies', 'what', 'ms', 'processor ms', 'MB'], rows));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
