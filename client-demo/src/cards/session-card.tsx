import { type SessionState, displayName } from '../session-state.js';
import { Countdown } from './countdown.js';

type WithPerson = Extract<SessionState, { status: 'authenticated' | 'ended' }>;

export function SessionCard(props: { state: WithPerson }) {
  const { user, deadlines, status } = props.state;
  const running = status === 'authenticated';
  return (
    <section className="card">
      <h1>Hello, {displayName(user)}</h1>
      <h2>What this page knows of you</h2>
      <dl className="facts">
        {Object.entries(user).map(([claim, value]) => (
          <div key={claim}>
            <dt>
              <code>{claim}</code>
            </dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
      <h2>Your session</h2>
      <dl className="facts">
        <div>
          <dt>Ends when idle</dt>
          <dd>
            <Countdown to={deadlines.idleExpiresAt} running={running} />
          </dd>
        </div>
        <div>
          <dt>Ends at the latest</dt>
          <dd>
            <Countdown to={deadlines.expiresAt} running={running} />
          </dd>
        </div>
        <div>
          <dt>Refreshable</dt>
          <dd>{deadlines.refreshable ? 'yes: the BFF renews access by itself' : 'no: access ends with its token'}</dd>
        </div>
      </dl>
    </section>
  );
}
