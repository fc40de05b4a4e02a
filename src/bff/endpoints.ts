/** Every endpoint and its methods (`/callback` takes a `POST`, too, with `form_post`): for `405`, and for `return_to`, which may be none of them. */
export const ENDPOINTS = {
  '/login': 'GET',
  '/callback': 'GET',
  '/session': 'GET',
  '/session/events': 'GET',
  '/sessions': 'GET, DELETE',
  '/sessions/:handle': 'DELETE',
  '/logout': 'POST',
  '/logout/continue': 'GET',
  '/logout/callback': 'GET',
  '/backchannel-logout': 'POST',
  '/jwks': 'GET',
} as const satisfies Record<string, string>;

export const API_PATH = '/api';
