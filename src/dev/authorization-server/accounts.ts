import type { Account } from 'oidc-provider';

interface Person {
  sub: string;
  name: string;
  preferred_username: string;
  email: string;
  email_verified: boolean;
}

export const people: readonly Person[] = ['Alice Abbott', 'Bob Brown', 'Carol Clark'].map(name => {
  const username = name.slice(0, name.indexOf(' ')).toLowerCase();
  return {
    sub: username,
    name,
    preferred_username: username,
    email: `${username}@example.com`,
    email_verified: true,
  };
});

export function findPerson(username: string): Person | undefined {
  return people.find(person => person.sub === username.trim().toLowerCase());
}

/** oidc-provider picks the claims that the granted scopes allow. */
export function findAccount(_ctx: unknown, sub: string): Account | undefined {
  const person = findPerson(sub);
  return person && { accountId: person.sub, claims: () => ({ ...person }) };
}
