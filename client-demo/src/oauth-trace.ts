import type { LoginRedirect } from './bff.js';

/** How this tab's last login was started, and all the OAuth that its scripts saw of it. */
export type LoginTrace = ({ by: 'fetch' } & LoginRedirect) | { by: 'link' };

// sessionStorage, because the page is gone while the user is at the authorization server.
const KEY = 'demo.last-login';

export function keepLoginTrace(trace: LoginTrace): void {
  sessionStorage.setItem(KEY, JSON.stringify(trace));
}

export function lastLoginTrace(): LoginTrace | null {
  const kept = sessionStorage.getItem(KEY);
  return kept === null ? null : JSON.parse(kept);
}

/** Every place where a script of this page could find something that was kept. */
export interface Readable {
  cookies: string[];
  localStorage: string[];
  sessionStorage: string[];
  /** Entries that this app didn't put there itself; on localhost another project may have. */
  foreign: number;
}

export function whatScriptsCanRead(): Readable {
  const cookies = document.cookie.split('; ').flatMap(pair => pair.split('=')[0] || []);
  const local = Object.keys(localStorage);
  const session = Object.keys(sessionStorage);
  const foreign = cookies.length + local.length + session.filter(key => key !== KEY).length;
  const named = session.map(key => (key === KEY ? `${key} (what stands above)` : key));
  return { cookies, localStorage: local, sessionStorage: named, foreign };
}
