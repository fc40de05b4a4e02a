/** A time as people here write it; `at` is ISO 8601. */
export function Moment(props: { at: string; className?: string }) {
  const shown = new Date(props.at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <time dateTime={props.at} className={props.className}>
      {shown}
    </time>
  );
}
