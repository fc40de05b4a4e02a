import { useEffect, useState } from 'react';

/** Whole seconds until a time, never below 0, as `1:05:09` or `5:09`. */
function remaining(until: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((until - now) / 1_000));
  const pad = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return (hours > 0 ? `${hours}:${pad(minutes)}` : `${minutes}`) + `:${pad(seconds % 60)}`;
}

export function Countdown(props: { to: string; running: boolean }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!props.running) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [props.running]);
  // A session may end before its deadlines: by a logout elsewhere, say. Then they mean nothing any more.
  if (!props.running) return 'over';
  const until = new Date(props.to);
  return (
    <>
      <span className="countdown">{remaining(until.getTime(), now)}</span>{' '}
      <time dateTime={props.to} className="quiet">
        {until.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}
      </time>
    </>
  );
}
