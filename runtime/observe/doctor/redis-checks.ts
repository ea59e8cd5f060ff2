// What must hold of Redis, where the gates are kept.

import { clockFinding, type DoctorCheck, fine, trouble, warning } from './check.ts';

export const redisChecks: readonly DoctorCheck<'redis'>[] = [
  {
    name: 'redis-eviction',
    part: 'redis',
    law: 'Redis evicts nothing: `maxmemory-policy` is `noeviction`.',
    symptom: 'Cooldowns and budgets are forgotten when Redis is short of memory, so that policies act again too early.',
    remedy:
      'Run `CONFIG SET maxmemory-policy noeviction`, write it in `redis.conf`, and give Redis a memory of its own.',
    async examine(redis) {
      const policy = await redis.setting('maxmemory-policy');
      if (policy === null) return [warning('Redis does not tell its `maxmemory-policy`: ask who runs it')];
      if (policy === 'noeviction') return [fine('Redis evicts nothing')];
      return [trouble(`Redis may evict what the gates rely on: \`maxmemory-policy\` is \`${policy}\``)];
    },
  },
  {
    name: 'redis-persistence',
    part: 'redis',
    law: 'Redis writes its data to disk, so that a restart does not empty the gates.',
    symptom:
      'After each restart of Redis the log says that admission was lost and is rebuilt; until then nothing acts.',
    remedy:
      'Set `appendonly yes` in `redis.conf`; without it the gates are rebuilt from the ledger, which takes a moment.',
    async examine(redis) {
      const [append, save] = await Promise.all([redis.setting('appendonly'), redis.setting('save')]);
      if (append === 'yes') return [fine('Redis writes every change to disk')];
      if (save !== null && save !== '') return [fine('Redis writes snapshots to disk')];
      return [warning('Redis keeps its data in memory alone: after its restart the gates are rebuilt from the ledger')];
    },
  },
  {
    name: 'redis-clock',
    part: 'redis',
    law: 'The clocks of Redis and of the engines differ by less than a second.',
    symptom: 'Decisions are refused as stale though their events are new, or budgets open too early or too late.',
    remedy: 'Let a time service (chrony, systemd-timesyncd) run on every machine.',
    async examine(redis, { now }) {
      const before = now();
      const theirs = await redis.now();
      return [clockFinding('Redis', theirs, before, now())];
    },
  },
];
