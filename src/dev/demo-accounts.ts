import { findPerson } from './authorization-server/accounts.js';
import { refuseProduction } from './refuse-production.js';

refuseProduction();

interface Account {
  subject: string;
  name: string;
  claims: Record<string, unknown>;
}

async function find(username: string): Promise<Account | undefined> {
  const person = findPerson(username);
  if (person === undefined) return undefined;
  const { sub: subject, ...claims } = person;
  return { subject, name: person.name, claims };
}

/** AS_ACCOUNTS_MODULE of `npm run start:authlete`: the development server's people, whom any password lets in. For loopback only. */
export const accounts = {
  find,
  authenticate: async (username: string, password: string) => (password === '' ? undefined : find(username)),
};
