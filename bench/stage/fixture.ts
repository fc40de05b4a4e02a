import { randomBytes, randomUUID } from 'node:crypto';
import type { Sessions } from './product.ts';
import { random } from './random.ts';

type Login = Parameters<InstanceType<typeof Sessions>['start']>;

export const FIXTURE = 'access token 900 B, refresh token 100 B, ID token 900 B, claims 300 B';

/** Milliseconds. */
const HOUR = 3_600_000;

export function tokensOf(expired: boolean): Login[2] {
  const now = Date.now();
  return {
    accessToken: random(900),
    refreshToken: random(100),
    idToken: random(900),
    scope: 'openid profile',
    obtainedAt: expired ? now - HOUR : now,
    expiresAt: expired ? now - 1000 : now + 24 * HOUR,
  };
}

/** Everybody has one session, from some browser somewhere. */
export function loginOf(number: number): Login[3] {
  const subject = randomUUID();
  return {
    subject,
    sid: sidOf(number),
    user: claimsOf(subject),
    address: '203.0.113.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36',
  };
}

export function sidOf(number: number): string {
  return `session-${number}-at-the-server`;
}

/** 300 bytes as JSON. */
function claimsOf(sub: string): Record<string, unknown> {
  const claims = { sub, name: '', email: `${randomBytes(8).toString('hex')}@bench.example` };
  return { ...claims, name: random(300 - JSON.stringify(claims).length) };
}
