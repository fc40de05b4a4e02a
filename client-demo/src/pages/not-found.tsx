import { Link } from '../router.js';

export function NotFound() {
  return (
    <section className="hero">
      <h1>There is nothing here</h1>
      <p className="lead">
        The server gave you this app, and the app has no such page.{' '}
        <Link to="/" current={false}>
          Go home
        </Link>
      </p>
    </section>
  );
}
