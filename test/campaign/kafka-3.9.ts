// `npm run test:kafka-3.9`: everything that is tested with a real Kafka, with a broker of the last 3.x release.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const env = { ...process.env, DDL_TEST_KAFKA_VERSION: '3.9.1' };

const steps: readonly (readonly string[])[] = [
  ['test/run.ts', 'test/services', 'test/sources/kafka'],
  ['test/campaign/kafka-sample.ts'],
];
for (const step of steps) {
  const { status } = spawnSync(process.execPath, step, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exitCode = 1;
}
