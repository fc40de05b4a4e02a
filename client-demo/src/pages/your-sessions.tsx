import { useRef } from 'react';
import { LoginActions } from '../cards/login-actions.js';
import { SessionsCard } from '../cards/sessions-card.js';
import type { PageProps } from './page.js';

export function YourSessions(props: PageProps) {
  const { state } = props.session;
  const heading = useRef<HTMLHeadingElement>(null);
  return (
    <section>
      <h1 ref={heading} tabIndex={-1}>
        Your sessions
      </h1>
      {state.status === 'authenticated' ? (
        <SessionsCard session={props.session} onGone={() => heading.current?.focus({ preventScroll: true })} />
      ) : (
        <div className="card">
          <p>Where you are logged in is shown to you while you are logged in, and to nobody else.</p>
          <LoginActions state={state} login={props.login} />
        </div>
      )}
    </section>
  );
}
