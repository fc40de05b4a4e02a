import { METHODS as PARSED } from 'node:http';

/** `none`: no token at all. `user-or-…`: the user's where somebody is logged in. `client`: the client's own. */
export const TOKEN_KINDS = ['none', 'user', 'client', 'user-or-client', 'user-or-none'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** What Node's parser lets in (RFC 9110 §9.1: in this very case); the two that are left out never pass. */
export const METHODS = PARSED.filter(method => method !== 'CONNECT' && method !== 'TRACE');
