import { useEffect, useRef } from 'react';
import type { ListedSession } from '../bff.js';
import { useFocusHandedOn } from '../focus.js';
import type { SessionView } from '../session.js';
import { type Failure, type SessionList, useSessionList } from '../session-list.js';
import { ActionButton } from './action-button.js';
import { ProblemNotice } from './problem-notice.js';
import { SessionsTable } from './sessions-table.js';

/** As many as the BFF lists. */
const LONGEST_LIST = 100;

export function SessionsCard(props: { session: SessionView; onGone: () => void }) {
  const list = useSessionList(props.session, props.onGone);
  const { sessions, failure, busy, said } = list;
  const card = useFocusHandedOn(props.onGone);
  return (
    <section
      ref={card}
      className="card"
      aria-busy={busy || (sessions === null && failure === null)}
      data-testid="sessions"
    >
      <p>
        Each login is a session of its own. One that you don’t know is best ended: its tokens are revoked, and its tabs
        are told at once.
      </p>
      <News said={said} failure={failure} />
      {sessions === null && failure === null && <p className="quiet">Looking them up…</p>}
      {sessions !== null && <SessionsTable sessions={sessions} busy={busy} onEnd={one => void list.end(one)} />}
      {sessions !== null && <Bound sessions={sessions} />}
      <Actions list={list} />
    </section>
  );
}

/** What came of a click far below is to be seen as well as heard. */
function News(props: Pick<SessionList, 'said' | 'failure'>) {
  const { said, failure } = props;
  const news = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (said !== '' || failure !== null) news.current?.scrollIntoView({ block: 'nearest' });
  }, [said, failure]);
  return (
    <div ref={news} className="news">
      <p role="status" className="said" data-testid="sessions-said">
        {said}
      </p>
      <div role="alert">{failure !== null && <FailureNotice {...failure} />}</div>
    </div>
  );
}

function FailureNotice({ problem, retryIn }: Failure) {
  const { retryAfter } = problem;
  return (
    <ProblemNotice problem={problem}>
      {retryIn !== null && <p className="quiet">The list is asked for again in {retryIn} seconds.</p>}
      {retryIn === null && retryAfter !== undefined && (
        <p className="quiet">Please try again in {retryAfter} seconds.</p>
      )}
    </ProblemNotice>
  );
}

function Bound(props: { sessions: ListedSession[] }) {
  const { sessions } = props;
  if (sessions.length < LONGEST_LIST)
    return sessions.length === 1 && <p className="quiet">You are logged in nowhere else.</p>;
  const isThisShown = sessions.some(({ current }) => current);
  return (
    <p className="quiet">
      These are the newest {LONGEST_LIST}. There may be older ones{!isThisShown && ', this one among them'}: “End all
      others” ends those, too.
    </p>
  );
}

function Actions(props: { list: SessionList }) {
  const { sessions, busy, refresh, endOthers } = props.list;
  return (
    <div className="actions">
      {sessions?.some(({ current }) => !current) && (
        <ActionButton testId="end-others" busy={busy} onClick={endOthers}>
          End all others
        </ActionButton>
      )}
      <ActionButton className="button-quiet" testId="list-again" busy={busy} onClick={refresh}>
        Look again
      </ActionButton>
    </div>
  );
}
