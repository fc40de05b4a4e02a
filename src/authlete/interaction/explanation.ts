import type { Response } from 'express';
import { sendPage } from './page.js';
import { explainingPage } from './pages.js';

/** What a person is told when it doesn't go on: status, title, reason. */
const EXPLANATIONS = {
  over: [
    400,
    'This sign-in can’t go on',
    'It was finished already, took too long, or was started in another browser; or your browser keeps no cookies from here.',
  ],
  expired: [400, 'This sign-in has expired', 'It took too long, or was finished already.'],
  foreign: [403, 'Nothing has been done', 'It wasn’t this page that asked for it, but another website.'],
  malformed: [400, 'Nothing has been done', 'What your browser has sent isn’t the form of this page.'],
  unavailable: [
    503,
    'You can’t sign in at the moment',
    'Something that is needed for it can’t be reached. Wait a moment.',
  ],
  failed: [500, 'Something went wrong here', 'It isn’t your fault.'],
} as const;

export type ExplanationKind = keyof typeof EXPLANATIONS;

/** The person gets a page that says why it doesn't go on. */
export class Explained extends Error {
  override readonly name = 'Explained';
  constructor(readonly kind: ExplanationKind) {
    super(kind);
  }
}

/** `as`: another status than the explanation's own. */
export function explain(response: Response, kind: ExplanationKind, as?: number): void {
  const [status, title, reason] = EXPLANATIONS[kind];
  sendPage(response, as ?? status, explainingPage(title, reason));
}
