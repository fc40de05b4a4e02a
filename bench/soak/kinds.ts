/** What a call of the soak meets at the API, or does itself. */
export type Kind = keyof typeof SHARES;

/** Of a thousand calls. Those that aren't here are ordinary ones. */
export const SHARES = {
  /** Ten kilobytes to the API. */
  upload: 40,
  /** It takes its time until it answers. */
  slow: 30,
  /** The answer comes bit by bit. */
  trickle: 10,
  /** It never answers. */
  stuck: 3,
  /** It closes the connection and says nothing. */
  reset: 20,
  /** It closes the connection in the midst of its answer. */
  half: 20,
  /** It has a failure of its own. */
  broken: 20,
  /** The client goes away before there's an answer. */
  gone: 10,
  /** The client goes away in the midst of its upload. */
  halfway: 5,
};

/** Seconds until a call to an API that says nothing is given up. */
export const ROUTE_TIMEOUT = 3;
