import type { JWK } from 'jose';
import type { FrontendOptions } from '../bff.options.js';
import { type ClientKey, readPrivateJwks, readSigningJwks } from '../key-material/private-jwks.js';
import { type FileObserver, WatchedFiles } from '../key-material/watched-files.js';
import { Succession } from './succession.js';

/** The private keys of `CLIENT_JWKS_FILE`, as it is at the moment. */
export class ClientKeys {
  private readonly files: WatchedFiles<ClientKey[]> | undefined;
  private readonly succession: Succession;

  constructor(
    { clientJwksFile: file, clientAuthMethod, requestObject }: FrontendOptions,
    observer: FileObserver<unknown>,
  ) {
    const mustSign = clientAuthMethod === 'private_key_jwt' || requestObject;
    const parse = (text: string) => (mustSign ? readSigningJwks(text) : readPrivateJwks(text));
    const changed = (keys: ClientKey[]): void => {
      this.succession.publish(keys);
      observer.changed(keys);
    };
    this.files = file === undefined ? undefined : new WatchedFiles([file], parse, { ...observer, changed });
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
