import type { CustomFetch } from 'openid-client';
import { failureOf } from './failure.js';

/** A document of the authorization server as it came, believed in nothing. */
export interface RawDocument {
  url: string;
  content?: Record<string, unknown>;
  /** Why there is no content, as the rest of a sentence that starts with the URL. */
  problem?: string;
}

/** The metadata without the checks that keep a login from using a wrong one (OpenID Connect Discovery 1.0 §4): for somebody who wants to know what's wrong with it. */
export function readRawMetadata(issuer: string, fetch: CustomFetch): Promise<RawDocument> {
  return readRawDocument(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, fetch);
}

export async function readRawDocument(url: string, fetch: CustomFetch): Promise<RawDocument> {
  if (!URL.canParse(url)) return { url, problem: 'is no URL' };
  try {
    const headers = { accept: 'application/json' };
    const response = await fetch(url, { method: 'GET', headers, body: undefined, redirect: 'manual' });
    if (response.status !== 200) return { url, problem: `answers ${response.status}` };
    return { url, ...contentOf(await response.text()) };
  } catch (error) {
    return { url, problem: `can’t be reached: ${failureOf(error).message}` };
  }
}

function contentOf(text: string): Pick<RawDocument, 'content' | 'problem'> {
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { content: { ...content } };
  } catch {
    // said below, with the other answers that are no metadata
  }
  return { problem: 'answers with something else than a JSON object' };
}
