import { useState } from 'react';
import type { Problem } from '../bff.js';
import { inDigits, secondsUntil, useNow } from '../clock.js';
import { useFocusHandedOn } from '../focus.js';
import type { Login } from '../login.js';
import type { SessionView } from '../session.js';
import type { Warning } from '../session-state.js';
import { ActionButton } from './action-button.js';

/** Counts down to the session's end for as long as that is near, in every tab. Activity moves the idle deadline; after the other one only a login helps. */
export function ExpiringBanner(props: { session: SessionView; login: Login }) {
  const { session, login } = props;
  const { state } = session;
  const [said, setSaid] = useState('');
  const stay = async () => {
    setSaid('');
    const problem = await session.stay();
    if (problem === null) setSaid('You stay logged in.');
    return problem;
  };
  return (
    <>
      <span role="status" className="for-ears">
        {said}
      </span>
      {state.status === 'authenticated' && state.warning !== null && (
        <Expiring
          key={state.warning.expiresAt}
          warning={state.warning}
          isIdle={Date.parse(state.warning.expiresAt) < Date.parse(state.deadlines.expiresAt)}
          login={login}
          stay={stay}
        />
      )}
    </>
  );
}

const focusMain = () => document.querySelector('main')?.focus({ preventScroll: true });

type Stay = () => Promise<Problem | null>;

function Expiring(props: { warning: Warning; isIdle: boolean; login: Login; stay: Stay }) {
  const { isIdle, login } = props;
  const banner = useFocusHandedOn(focusMain);
  const left = secondsUntil(props.warning.until, useNow(true));
  return (
    <section ref={banner} className="banner" aria-label="Your session ends soon" data-testid="expiring-banner">
      <div className="bar">
        <span>
          Your session ends in{' '}
          <span role="timer" className="countdown" data-testid="seconds-left" data-seconds={left}>
            {inDigits(left)}
          </span>
          {isIdle ? 'as you did nothing for a while.' : 'and can’t be prolonged.'}
        </span>
        {isIdle ? (
          <StayButton stay={props.stay} />
        ) : (
          <ActionButton className="button-link" testId="login-anew" busy={login.busy} onClick={() => login.logIn()}>
            Log in again
          </ActionButton>
        )}
        <Announcement left={left} isIdle={isIdle} />
      </div>
    </section>
  );
}

function StayButton(props: { stay: Stay }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const stay = async () => {
    setBusy(true);
    setProblem(await props.stay());
    setBusy(false);
  };
  return (
    <>
      <ActionButton className="button-link" testId="stay" busy={busy} onClick={stay}>
        Stay logged in
      </ActionButton>
      {problem !== null && <span role="alert">That didn’t work: {problem.detail ?? problem.title}</span>}
    </>
  );
}

/** For ears: a word at first, at half a minute and at ten seconds, and not every second. */
function Announcement(props: { left: number; isIdle: boolean }) {
  const [atFirst] = useState(props.left);
  const said = [10, 30].find(step => step < atFirst && props.left <= step) ?? atFirst;
  return (
    <span role="alert" className="for-ears">
      Your session ends in {said} seconds. The button to {props.isIdle ? 'stay logged in' : 'log in again'} is near the
      top of the page.
    </span>
  );
}
