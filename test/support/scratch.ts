// A folder for one test, gone afterwards, with files in it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** `files`: texts or bytes by path. To be called within a test. */
export function scratch(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'ddl-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    const full = join(folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
  }
  return folder;
}

/** An empty folder for all tests of a file. To be called outside of them. */
export function createScratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ddl-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const schemaText = `schema service {
  key service_id from "service.name"
  metric latency: duration in ms
  every 1s   stale after 10s
}
`;

export const policyText = `policy slow {
  title "Slow"
  owner "team"
  runbook "https://runbooks.example/slow"
  on service
  when latency > 500ms for 30s
  do notify("slow")
}
`;

/** A program without problems. */
export const soundProject: Readonly<Record<string, string>> = {
  'shop/schema.ddl': schemaText,
  'shop/policies/slow.ddl': policyText,
};
