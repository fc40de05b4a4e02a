import type { ListedSession } from '../bff.js';
import { browserInWords } from '../user-agent.js';
import { ActionButton } from './action-button.js';
import { Moment } from './moment.js';

interface Ending {
  busy: boolean;
  onEnd: (one: ListedSession) => void;
}

/** The roles are what a table has anyway, until a narrow screen's styles make blocks of its rows. */
export function SessionsTable(props: { sessions: ListedSession[] } & Ending) {
  const { sessions, ...ending } = props;
  return (
    <table role="table" aria-label="Where you are logged in" className="stacked">
      <thead role="rowgroup">
        <tr role="row">
          {['Browser', 'From', 'Began', 'Last used', 'End it'].map(name => (
            <th key={name} role="columnheader" scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {sessions.map(one => (
          <Row key={one.handle} one={one} {...ending} />
        ))}
      </tbody>
    </table>
  );
}

function Row(props: { one: ListedSession } & Ending) {
  const { one, busy, onEnd } = props;
  const browser = browserInWords(one.userAgent);
  const end = one.current ? 'End this one' : 'End';
  return (
    <tr role="row" data-testid="session" data-current={one.current}>
      <th role="rowheader" scope="row" title={one.userAgent ?? undefined}>
        {browser} {one.current && <span className="badge badge-authenticated">this one</span>}
      </th>
      <td role="cell" data-label="From" className="address">
        {one.address ?? 'not known'}
      </td>
      <td role="cell" data-label="Began">
        <Moment at={one.startedAt} />
      </td>
      <td role="cell" data-label="Last used">
        <Moment at={one.lastSeenAt} />
      </td>
      <td role="cell">
        <ActionButton
          testId="end-session"
          busy={busy}
          label={`${end}: ${browser}, from ${one.address ?? 'an unknown address'}`}
          onClick={() => onEnd(one)}
        >
          {end}
        </ActionButton>
      </td>
    </tr>
  );
}
