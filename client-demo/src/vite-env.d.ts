interface ImportMetaEnv {
  /** Origin of the BFF when the app is served elsewhere, without a trailing slash. Unset: the app's own origin. */
  readonly VITE_BFF_URL?: string;
}
