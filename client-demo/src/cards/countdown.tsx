import { inDigits, secondsUntil, useNow } from '../clock.js';
import { Moment } from './moment.js';

export function Countdown(props: { to: string; running: boolean }) {
  const now = useNow(props.running);
  // A session may end before its deadlines: by a logout elsewhere, say. Then they mean nothing any more.
  if (!props.running) return 'over';
  return (
    <>
      <span className="countdown">{inDigits(secondsUntil(Date.parse(props.to), now))}</span>{' '}
      <Moment at={props.to} className="quiet" />
    </>
  );
}
