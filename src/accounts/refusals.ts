// Refusals that several of the accounts' routes share.
import { problem } from '../http/problem.ts';
import { passwordWeakness } from './password-rules.ts';

/** @throws validation_failed, naming the field, when the password is too easy to guess for who has this address */
export function refuseWeakPassword(field: string, password: string, email: string): void {
  const weakness = passwordWeakness(password, email);
  if (weakness !== undefined) throw wrongField(field, weakness);
}

/** The answer for the token of a link that was never ours, was used, is too old or whose account is not active. */
export function usedLink() {
  return wrongField('token', 'is wrong, was used or is too old');
}

/** A request of which one field is wrong. */
export function wrongField(path: string, message: string) {
  return problem('validation_failed', { errors: [{ path, message }] });
}
