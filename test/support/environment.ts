import { randomBytes } from 'node:crypto';
import { ConfigurationError, readConfiguration } from '../../src/configuration.js';

export const key = () => randomBytes(32).toString('base64url');
/** What has to be given, and nothing else. */
export const minimum = {
  STORAGE_URL: 'file:./data',
  SESSION_KEYS: key(),
  PUBLIC_URL: 'https://app.example.org',
  ISSUER: 'https://as.example.org',
  CLIENT_ID: 'spa',
  CLIENT_SECRET: key(),
};

/** What readConfiguration finds wrong. */
export function mistakes(env: NodeJS.ProcessEnv): string[] {
  try {
    readConfiguration(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

/** What may not appear in a message. */
export const SECRET = 'hunter2hunter2';
