// What a method of HTTP says of its request.

/** Methods that change nothing (RFC 9110, section 9.2.1): a page of another origin may send them, and cannot read the answer. */
export const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
