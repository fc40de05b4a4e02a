import type { Interaction } from './browser-session.js';
import { type Unmet, unmet } from './login.js';
import type { Page } from './page.js';
import { consentPage, loginPage, type Messages } from './pages.js';
import type { SignedIn } from './people.js';

/** What is left for the person to do. */
export type Step = { is: 'login'; why: Unmet | 'DEMANDED' } | ({ is: 'consent' } & SignedIn);

export function stepOf({ login, request }: Interaction, person: SignedIn | undefined): Step {
  if (login === 'demanded') return { is: 'login', why: 'DEMANDED' };
  const why = unmet(request, person?.login, login === 'done');
  return person && why === undefined ? { is: 'consent', ...person } : { is: 'login', why: why ?? 'NOT_LOGGED_IN' };
}

const WORDS: Partial<Record<Unmet | 'DEMANDED', Messages>> = {
  EXCEEDS_MAX_AGE: { note: 'You signed in some time ago. Please do it again.' },
  DIFFERENT_SUBJECT: { alert: 'The application asks for another account than the one that you are signed in with.' },
  ACR_NOT_SATISFIED: { alert: 'The application asks for a safer way to sign in than the one of your account.' },
};

export interface Said {
  alert?: string;
  /** What has been typed already. */
  username?: string | undefined;
}

export function pageOf(step: Step, { request }: Interaction, csrf: string, { alert, username }: Said = {}): Page {
  const shown = { request, csrf, ...(alert !== undefined && { alert }) };
  if (step.is === 'consent') return consentPage(shown, step.account.name);
  return loginPage({ ...WORDS[step.why], ...shown }, username ?? request.loginHint ?? '');
}
