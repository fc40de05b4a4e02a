import { Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { ACCOUNTS, AUTHLETE_OPTIONS, type AuthleteOptions } from '../authlete.options.js';
import { askHost } from '../host-failure.js';
import type { Account, Accounts } from './accounts.js';
import { isRemembered, type Login } from './login.js';

/** Somebody with an account, who has logged in with this browser. */
export interface SignedIn {
  login: Login;
  account: Account;
}

@Injectable()
export class People {
  constructor(
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
    @Inject(AUTHLETE_OPTIONS) private readonly options: AuthleteOptions,
  ) {}

  /** Nobody where the login is too old, or the account has gone. */
  async signedIn({ session }: Request): Promise<SignedIn | undefined> {
    const login = session.authorization?.login;
    if (!login || !isRemembered(login, this.options.sessionTimeout)) return undefined;
    const account = await askHost('accounts', () => this.accounts.find(login.subject));
    return account && { login, account };
  }

  /** An empty password is none: a directory may take it for an anonymous bind, which succeeds (RFC 4513 §5.1.2). */
  async authenticate(username: string, password: string): Promise<Account | undefined> {
    if (username === '' || password === '') return undefined;
    return askHost('accounts', () => this.accounts.authenticate(username, password));
  }
}
