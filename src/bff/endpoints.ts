/** Every endpoint and its methods (`/callback` takes a `POST`, too, with `form_post`): for `405`, and for `return_to`, which may be none of them. */
export const ENDPOINTS = {
  '/login': 'GET',
  '/callback': 'GET',
  '/session': 'GET',
  '/session/events': 'GET',
  '/logout': 'POST',
  '/logout/continue': 'GET',
  '/logout/callback': 'GET',
  '/backchannel-logout': 'POST',
  '/jwks': 'GET',
} as const satisfies Record<string, string>;

/** Paths that are kept for later releases. */
export const RESERVED = ['/sessions'] as const;

export const API_PATH = '/api';
