// What people and machines have done that somebody may have to answer for: logins, changes of roles, writes of admins, refunds.

/** One entry of the audit. */
export interface Act {
  /** `user:<id>`, `key:<id>`, or `anonymous`. */
  actor: string;
  /** What was done, in snake_case: `login`, `login_failed`, `role_changed`. */
  action: string;
  /** Whom or what it was done to: `user:<id>`, `order:<id>`. */
  subject?: string;
  /** Whatever else an auditor wants to know. Never a secret, a token or a password. */
  details?: Record<string, string | number | boolean | null>;
  requestId?: string;
  now: Date;
}

/** Appends an act to the audit. */
export type RecordAct = (act: Act) => Promise<void>;
