/** Who holds what: the whole idea as a picture. */
export function Rooms() {
  return (
    <ol className="rooms" aria-label="Who holds what">
      <li>
        <h2>Browser</h2>
        <p>one cookie that no script can read</p>
      </li>
      <li className="room-ours">
        <h2>Parlour</h2>
        <p>tokens, client secret, code verifier</p>
      </li>
      <li>
        <h2>API and authorization server</h2>
        <p>talk to Parlour, never to a script</p>
      </li>
    </ol>
  );
}
