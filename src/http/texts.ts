// The text of JSON answers, kept beside the Response that carries it: what wants to measure, tag or store an answer finds
// it here. Reading it back from the Response would go through streams, at several times the cost of the whole answer.

const texts = new WeakMap<Response, string>();

/** A response whose text is kept. */
export function textResponse(text: string, init: ResponseInit): Response {
  const response = new Response(text, init);
  keepText(response, text);
  return response;
}

/** Keeps the text of a response that was made of it. */
export function keepText(response: Response, text: string): void {
  texts.set(response, text);
}

/** The text of an answer; one that is not kept is read from a copy, so that it stays whole. */
export async function textOf(response: Response): Promise<string> {
  const text = texts.get(response) ?? (await response.clone().text());
  keepText(response, text);
  return text;
}
