// What must hold of PostgreSQL, where the ledger is kept.

import { clockFinding, type DoctorCheck, fine, trouble, warning } from './check.ts';

/** The oldest release whose partitions and `unnest` the ledger's statements rely on. */
const versionMin = 14;

export const postgresChecks: readonly DoctorCheck<'postgres'>[] = [
  {
    name: 'postgres-version',
    part: 'postgres',
    law: `PostgreSQL is version ${versionMin} or later.`,
    symptom: 'The engine does not start: a step of the ledger’s tables fails.',
    remedy: 'Upgrade the server.',
    async examine(postgres) {
      const [row] = await postgres.query(`select current_setting('server_version_num')::int / 10000 as version`);
      const version = Number(row?.version);
      return [version >= versionMin ? fine(`PostgreSQL ${version}`) : trouble(`PostgreSQL ${version} is too old`)];
    },
  },
  {
    name: 'postgres-role',
    part: 'postgres',
    law: 'The engine’s role may make tables in its schema, and is no superuser.',
    symptom:
      'The engine does not start and says that permission is denied; or whoever reads its password owns the server.',
    remedy:
      'Give it a role and a database of its own: `create role ddl login password …; create database ddl owner ddl`.',
    async examine(postgres) {
      const [row] = await postgres.query(`
        select current_user as name, rolsuper as superuser,
          has_schema_privilege(current_user, coalesce(current_schema(), 'public'), 'create') as creates
        from pg_roles where rolname = current_user`);
      const name = String(row?.name);
      const findings = [
        row?.creates === true
          ? fine(`the role \`${name}\` may make tables`)
          : trouble(`the role \`${name}\` may not make tables in its schema`),
      ];
      if (row?.superuser === true) findings.push(warning(`the role \`${name}\` is a superuser`));
      return findings;
    },
  },
  {
    name: 'postgres-durability',
    part: 'postgres',
    law: 'A commit is on disk when it is confirmed: `fsync` and `synchronous_commit` are on.',
    symptom: 'After a power failure of the server an action is carried out a second time, for its record is gone.',
    remedy: 'Set `fsync = on` and `synchronous_commit = on` (or a stronger mode) for the engine’s role.',
    async examine(postgres) {
      const [row] = await postgres.query(
        `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
      );
      if (row?.fsync !== 'on') return [trouble('`fsync` is off: a power failure can take back what was confirmed')];
      if (row.commit === 'off')
        return [trouble('`synchronous_commit` is off: a crash can take back what was confirmed')];
      return [fine('what is confirmed is on disk')];
    },
  },
  {
    name: 'postgres-clock',
    part: 'postgres',
    law: 'The clocks of PostgreSQL and of the engines differ by less than a second.',
    symptom: 'Engines take each other for dead and take over what the other still carries out.',
    remedy: 'Let a time service (chrony, systemd-timesyncd) run on every machine.',
    async examine(postgres, { now }) {
      const before = now();
      const [row] = await postgres.query('select (extract(epoch from clock_timestamp()) * 1000)::float8 as now');
      return [clockFinding('PostgreSQL', Number(row?.now), before, now())];
    },
  },
];
