// A database that is made for somebody, and goes with them.
import { randomBytes } from 'node:crypto';
import { withClient } from '../../src/local/postgres.ts';

export interface NewDatabase {
  /** One that nobody else has, for other things of the same owner, too. */
  name: string;
  url: string;
  /** Whoever is connected to it is thrown out. */
  drop: () => Promise<void>;
}

/**
 * Makes one beside that of the URL.
 * @param owner begins its name
 * @param template what it is a copy of; one with nothing in it unless told
 */
export async function newDatabase(serverUrl: string, owner: string, template = 'template1'): Promise<NewDatabase> {
  const name = `${owner}_${randomBytes(6).toString('hex')}`;
  await withClient(serverUrl, (client) => client.query(`create database ${name} template ${template}`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    drop: async () => {
      await withClient(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}
