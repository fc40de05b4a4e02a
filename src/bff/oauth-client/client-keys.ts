import type { JWK } from 'jose';
import { type ClientKey, readPrivateJwks } from '../key-material/private-jwks.js';
import { type FileObserver, WatchedFiles } from '../key-material/watched-files.js';
import { Succession } from './succession.js';

/** The private keys of `CLIENT_JWKS_FILE`, as it is at the moment. */
export class ClientKeys {
  private readonly files: WatchedFiles<ClientKey[]> | undefined;
  private readonly succession: Succession;

  constructor(file: string | undefined, observer: FileObserver<unknown>) {
    const changed = (keys: ClientKey[]): void => {
      this.succession.publish(keys);
      observer.changed(keys);
    };
    this.files = file === undefined ? undefined : new WatchedFiles([file], readPrivateJwks, { ...observer, changed });
    this.succession = new Succession(this.all);
  }

  get all(): ClientKey[] {
    return this.files?.value ?? [];
  }

  signing(): ClientKey | undefined {
    return this.succession.inUse(this.all.filter(({ use }) => use === 'sig'));
  }

  publicJwks(): JWK[] {
    return this.all.map(({ publicJwk }) => publicJwk);
  }

  async look(): Promise<void> {
    await this.files?.look();
  }
}
