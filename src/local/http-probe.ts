// Asks an HTTP server whether it is there.

const ANSWER_WITHIN_MS = 2_000;

/** Whether a server answers there with success. */
export async function respondsOk(url: string): Promise<boolean> {
  return (await statusOf(url)) === 200;
}

/** Whether a server answers there at all. */
export async function answersHttp(url: string): Promise<boolean> {
  return (await statusOf(url)) !== undefined;
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined; // not there yet: whoever asks has a limit of time
  }
}
