#!/usr/bin/env node
// Starts `ddlc`. Only what must come before everything else: an old Node is told so, compiled code is kept for next time.

import module from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(`error: ddlc needs Node 22.15 or newer, and this is Node ${process.versions.node}\n`);
  process.exitCode = 2;
} else {
  module.enableCompileCache();
  // Imported only now: an older Node could not even read some of it.
  const [{ ddlc, told }, { processTerminal }] = await Promise.all([import('./ddlc.ts'), import('./terminal.ts')]);
  const terminal = processTerminal();
  process.on('uncaughtException', (error) => process.exit(told(error, terminal)));
  process.exitCode = await ddlc(process.argv.slice(2), terminal);
}
