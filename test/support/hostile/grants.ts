import { createHash, randomBytes } from 'node:crypto';

export type IssuedKind = 'request_uri' | 'code' | 'access_token' | 'refresh_token' | 'id_token';
export interface Issued {
  kind: IssuedKind;
  value: string;
}

export interface Grant {
  sub: string;
  sid: string;
  authTime: number;
  /** The pushed parameters. */
  request: URLSearchParams;
  revoked: boolean;
}

/** What this server has issued and still honours. */
export class Grants {
  /** Everything ever issued, in order. */
  readonly issued: Issued[] = [];
  /** A refresh token may come again for a while, as many servers allow it; else that ends the grant. */
  reuseWindow = false;
  private readonly pushed = new Map<string, { request: URLSearchParams; expires: number }>();
  private readonly live = new Map<string, Grant>();
  private readonly spent = new Map<string, Grant>();

  record(kind: IssuedKind, value: string): string {
    this.issued.push({ kind, value });
    return value;
  }

  push(request: URLSearchParams, lifetime: number): string {
    const uri = this.record('request_uri', `urn:ietf:params:oauth:request_uri:${secret('par')}`);
    this.pushed.set(uri, { request, expires: Date.now() + lifetime * 1000 });
    return uri;
  }

  /** RFC 9126 §4: a request_uri is for one use. */
  takePushed(uri: string): URLSearchParams | undefined {
    const entry = this.pushed.get(uri);
    this.pushed.delete(uri);
    return entry !== undefined && entry.expires > Date.now() ? entry.request : undefined;
  }

  issue(kind: 'code' | 'access_token' | 'refresh_token', grant: Grant): string {
    const value = this.record(kind, secret(kind));
    this.live.set(value, grant);
    return value;
  }

  find(value: string): Grant | undefined {
    const grant = this.live.get(value);
    return grant?.revoked === true ? undefined : grant;
  }

  /** One use; the second one revokes the whole grant (RFC 9700 §4.14.2, RFC 6749 §4.1.2). */
  take(value: string): Grant | undefined {
    const reused = this.spent.get(value);
    if (reused !== undefined && this.reuseWindow && value.startsWith('refresh_token')) return reused;
    if (reused !== undefined) reused.revoked = true;
    const grant = this.find(value);
    if (grant !== undefined) this.spent.set(value, grant);
    this.live.delete(value);
    return grant;
  }

  revoke(value: string): void {
    const grant = this.live.get(value);
    if (grant !== undefined && value.startsWith('refresh_token')) grant.revoked = true;
    this.live.delete(value);
  }

  isLive(value: string): boolean {
    return this.find(value) !== undefined;
  }
}

export function verifies(challenge: string | null, verifier: string | null): boolean {
  return verifier !== null && createHash('sha256').update(verifier).digest('base64url') === challenge;
}

const secret = (name: string) => `${name}-${randomBytes(24).toString('base64url')}`;
