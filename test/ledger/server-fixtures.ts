// Databases with empty ledgers on the shared PostgreSQL: the tables are made once and copied.

import { migrate } from '../../runtime/ledger/migrate.ts';
import { openPostgres } from '../../runtime/ports/postgres.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { askPostgres } from '../services/postgres.ts';
import { ownDatabase, ownName, sharedPostgres } from '../services/shared.ts';
import { start } from './fixtures.ts';

export interface LedgerDatabases {
  /** Url of a database with the ledger's tables, empty. */
  fresh(): Promise<string>;
  remove(): Promise<void>;
}

export async function ledgerDatabases(): Promise<LedgerDatabases> {
  const server = await sharedPostgres();
  const template = await ownDatabase();
  const database = await openPostgres({ url: template.url, timers: systemTimers, name: 'template' });
  await migrate(database, start);
  await database.close();
  const copies: string[] = [];
  return {
    async fresh() {
      const name = ownName('ledger');
      await askPostgres(server, `create database ${name} template ${new URL(template.url).pathname.slice(1)}`);
      copies.push(name);
      const url = new URL(server);
      url.pathname = `/${name}`;
      return url.href;
    },
    async remove() {
      for (const name of copies) await askPostgres(server, `drop database if exists ${name} with (force)`);
      await template.drop();
    },
  };
}
