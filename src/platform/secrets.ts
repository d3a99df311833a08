// The secrets that are changed while the shop runs: several hold at once, and one of them is used for what is new.

/**
 * The secret that new tokens, codes and mails are made under.
 * @param secrets as they are configured: the first is used for what is new, all of them for what there is
 * @throws when there is none: under an empty one anybody could make them
 */
export function newestSecret(secrets: readonly string[]): string {
  const [newest] = secrets;
  if (newest === undefined || newest === '') throw new Error('no token secret is configured');
  return newest;
}
