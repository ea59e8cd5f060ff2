// `ddlc key`: what signs bundles and who may talk to an engine. Private halves and tokens are shown or written once.

import { chmodSync, existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { readPublicKey } from '../../runtime/bundle/signature.ts';
import { isRole, type Role, roles, tokenHash } from '../../runtime/control/tokens.ts';
import { newSigningKey, newToken } from '../../runtime/ports/secrets.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { fileError, UsageError } from '../usage-error.ts';
import { createFile } from '../write-file.ts';
import type { CliCommand } from './command.ts';

interface TokenOptions {
  readonly role: readonly Role[];
}

export const keyCommand: CliCommand = {
  name: 'key',
  summary: 'make a key that signs bundles, or a token for the API of an engine',
  define(command: Command, run) {
    command
      .command('new')
      .description('write an ed25519 key: FILE is the private half, FILE.pub the public one')
      .argument('<file>', 'where the private key is written; nothing that is there is replaced')
      .action(run((terminal, file: string) => newKey(terminal, file)));
    command
      .command('token')
      .description('print a token, and the entry of `control.tokens` that lets it in')
      .argument('<name>', 'who uses it; stands in the records of what it did')
      .requiredOption('--role <roles>', `what it may do: ${roles.join(',')}`, parseRoles)
      .action(run((terminal, name: string, options: TokenOptions) => newTokenFor(terminal, name, options)));
  },
};

function parseRoles(text: string): readonly Role[] {
  return text.split(',').map((word) => {
    const role = word.trim();
    if (!isRole(role)) throw new InvalidArgumentError(`There is no role ${JSON.stringify(role)}.`);
    return role;
  });
}

function newKey(terminal: Terminal, file: string): ExitCode {
  const path = resolve(terminal.folder, file);
  for (const [taken, shown] of [
    [path, file],
    [`${path}.pub`, `${file}.pub`],
  ]) {
    if (existsSync(taken))
      throw new UsageError(`${shown} is there already, and nothing was written; choose another name`);
  }
  const { privateKey, publicKey } = newSigningKey();
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  try {
    createFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
    chmodSync(path, 0o600);
    createFile(`${path}.pub`, publicPem, 0o644);
  } catch (error) {
    throw fileError('write', file, error);
  }
  terminal.out(`${file}\n${file}.pub\n`);
  const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  terminal.note(
    `the key ${readPublicKey(publicPem).id}. Engines that shall run what it signs:\n  "bundle": { "trustedKeys": [${JSON.stringify(der)}] }\nKeep ${basename(file)} where bundles are released and nowhere else; \`ddlc compile DIR --out BUNDLE --key ${file}\` signs.\n`,
  );
  return 0;
}

function newTokenFor(terminal: Terminal, name: string, { role }: TokenOptions): ExitCode {
  if (!/^[\w.@-]{1,64}$/.test(name))
    throw new UsageError(
      `${JSON.stringify(name)} is no name of a token; it has letters, digits and . _ @ -, such as ci`,
    );
  const token = newToken();
  terminal.out(`${token}\n`);
  const entry = { name, roles: role, sha256: tokenHash(token) };
  terminal.note(
    `shown this once; give it as DDL_TOKEN. The engine keeps its hash alone:\n  "control": { "tokens": [${JSON.stringify(entry)}] }\n`,
  );
  return 0;
}
