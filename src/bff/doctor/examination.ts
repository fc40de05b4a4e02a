import type { Dispatcher } from 'undici';
import type { BffOptions } from '../bff.options.js';
import { Events } from '../events.js';
import { type Frontend, Frontends } from '../frontend.js';
import type { RawDocument } from '../oauth-client/raw-metadata.js';
import { createOutbound } from '../outbound.js';
import { openStorage } from '../storage/open.js';
import type { Storage } from '../storage/storage.js';
import { failure, type Finding, fine, type Judgement, shown } from './finding.js';
import type { RawMetadata } from './offer.js';
import { OFFERS, plainHttp } from './offers.js';
import { trialPush } from './trial-push.js';

/**
 * Looks at the authorization server of each frontend with the eyes of its options: what is offered, what will be used, what would fail and why. One
 * real push, and no other call that takes the client's credentials. Never rejects because of a server: that one is down is a finding.
 */
export async function examine(options: BffOptions): Promise<Finding[]> {
  const storage = await openStorage(options.storageUrl, { caFile: options.outbound.caFile });
  const outbound = createOutbound(options.outbound);
  try {
    return await examineAll(options, storage, outbound);
  } finally {
    await outbound.close();
    await storage.close();
  }
}

async function examineAll(options: BffOptions, storage: Storage, outbound: Dispatcher): Promise<Finding[]> {
  const frontends = new Frontends({ options, storage, outbound, events: new Events() });
  const found = await Promise.all(frontends.all.map(examineFrontend));
  await frontends.close();
  return found.flat();
}

async function examineFrontend(frontend: Frontend): Promise<Finding[]> {
  const { name, client } = frontend;
  const metadata = await client.readRawMetadata();
  const push = { frontend: name, subject: 'push', offered: '', used: 'one, for real' };
  if (!metadata.content) {
    const unread = { ...push, verdict: 'unknown' as const, why: 'without the metadata there is nowhere to push to' };
    return [documentFinding(name, 'metadata', metadata), unread];
  }
  return [
    documentFinding(name, 'metadata', metadata),
    ...offers(frontend, metadata.content),
    await keysFinding(frontend, metadata.content),
    { ...push, ...(await trialPush(frontend)) },
  ];
}

function documentFinding(frontend: string, subject: string, { url, problem }: RawDocument): Finding {
  const judgement = problem === undefined ? fine : failure(`${shown(url)} ${problem}`);
  return { frontend, subject, offered: problem === undefined ? shown(url) : '', used: '', ...judgement };
}

function offers({ name, options, allowHttpFor }: Frontend, metadata: RawMetadata): Finding[] {
  return OFFERS.filter(offer => offer.when?.(options) ?? true).map(offer => {
    const { subject, member } = offer;
    const offered = metadata[member];
    const otherwise = allowHttpFor === 'none' ? '' : ', or name the host in ALLOW_HTTP_FOR';
    const http = /_endpoint$|_uri$/.test(member) && plainHttp(offered, allowHttpFor);
    const judgement = http
      ? failure(`that is plain http, and won’t be called: use https${otherwise}`)
      : offer.judge(offered, options, metadata);
    return { frontend: name, subject, offered: shown(offered), used: offer.used(options), ...judgement };
  });
}

async function keysFinding({ name, client, options }: Frontend, metadata: RawMetadata): Promise<Finding> {
  const { jwks_uri: uri } = metadata;
  const keys = await client.readRawDocument(typeof uri === 'string' ? uri : shown(uri));
  const finding = documentFinding(name, 'signing keys', keys);
  if (!keys.content) return finding;
  const { keys: listed } = keys.content;
  const types = Array.isArray(listed) ? listed.map(keyType) : [];
  return {
    ...finding,
    offered: types.join(' '),
    used: options.idTokenSignedResponseAlg,
    ...judgeKeys(types, options.idTokenSignedResponseAlg),
  };
}

/** RFC 7518 §3.1, RFC 8037 §3.1. */
function judgeKeys(types: string[], alg: string): Judgement {
  const wanted = { R: 'RSA', P: 'RSA', E: 'EC' }[alg.charAt(0)] ?? '';
  const type = alg.startsWith('Ed') ? 'OKP' : wanted;
  return types.includes(type) ? fine : failure(`there is no key for ${alg}: no ID token would be accepted`);
}

function keyType(key: unknown): string {
  return typeof key === 'object' && key !== null && 'kty' in key ? shown(key.kty) : '?';
}
