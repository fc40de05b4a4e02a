// AS_ACCOUNTS_MODULE=examples/accounts.mjs: who may log in at the authorization server. A real one asks a database.
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

const salt = randomBytes(16);
const hash = password => scryptSync(password, salt, 32);
const alice = { subject: '248289761001', name: 'Alice Abbott', claims: { name: 'Alice Abbott', locale: 'en' } };
const people = new Map([['alice', { account: alice, secret: hash('wonderland') }]]);
const nobody = { account: undefined, secret: randomBytes(32) };

export const accounts = {
  async authenticate(username, password) {
    const { account, secret } = people.get(username) ?? nobody; // hashing takes its time for unknown names, too
    return timingSafeEqual(hash(password), secret) ? account : undefined;
  },
  async find(subject) {
    return [...people.values()].find(({ account }) => account.subject === subject)?.account;
  },
};
