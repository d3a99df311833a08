// One mail per order and fact: from the moves of the orders to the rows, and from the rows to the inbox by Message-ID.
import type { Chapter } from '../check.ts';

/** What must be told, and which of an order's facts. An order that ended with a refused submit was told by its answer. */
const DUE = `(
  SELECT order_id, 'placed' AS fact, '' AS reference FROM order_events WHERE to_status = 'AWAITING_CONFIRMATION'
  UNION SELECT order_id, lower(to_status), '' FROM order_events
  WHERE to_status IN ('PAID', 'CONFIRMED', 'EXPIRED', 'CANCELLED')
    AND NOT (from_status IN ('PENDING', 'AWAITING_CONFIRMATION') AND to_status = 'CANCELLED'
      AND order_id IN (SELECT order_id FROM checkouts WHERE refusal IS NOT NULL))
  UNION SELECT order_id, 'refunded', id::text FROM refunds WHERE status = 'SUCCEEDED')`;
/** The part of a mail's Message-ID that says which mail it is. */
const KEY = `concat_ws('.', fact, order_id, nullif(reference, ''))`;
/** What waits longer than this for its next try, nobody tries. */
const LATE = `interval '30 seconds'`;
/** The mailer gives up after so many tries. */
const MOST_TRIES = 300;

export const MAILS: Chapter = {
  promise: 'mails',
  title: 'told once',
  figures: `
    SELECT (SELECT count(*) FROM ${DUE} AS due) AS due, (SELECT count(*) FROM mails WHERE sent_at IS NOT NULL) AS sent,
      (SELECT count(*) FROM seen_inbox) AS "in the inbox",
      (SELECT count(*) - count(DISTINCT message_id) FROM seen_inbox) AS "sent again with the same Message-ID"`,
  checks: [
    {
      name: 'mails_missing',
      label: 'missing',
      query: `
        SELECT due.order_id, concat('nobody was told ', fact, ' ', reference) AS detail
        FROM ${DUE} AS due LEFT JOIN mails USING (order_id, fact, reference) WHERE mails.id IS NULL`,
    },
    {
      name: 'mails_undue',
      label: 'without a fact',
      query: `
        SELECT mails.order_id, concat(fact, ' ', reference, ' is told, and did not happen') AS detail
        FROM mails LEFT JOIN ${DUE} AS due USING (order_id, fact, reference)
        WHERE due.order_id IS NULL AND NOT (fact = 'refunded' AND reference IN (SELECT id::text FROM refunds))`,
    },
    {
      name: 'mails_unsent',
      label: 'unsent',
      query: `
        SELECT order_id, concat(fact, ' was due at ', due_at, ', tried ', attempts, ' times: ', last_error) AS detail
        FROM mails WHERE sent_at IS NULL AND (due_at + ${LATE} < pg_temp.audit_now() OR attempts >= ${MOST_TRIES})`,
    },
    {
      name: 'mails_not_received',
      label: 'sent and not received',
      query: `
        SELECT order_id, concat(fact, ' ', reference, ' was sent at ', sent_at) AS detail
        FROM mails WHERE sent_at IS NOT NULL AND EXISTS (SELECT FROM seen_places WHERE has_inbox)
          AND ${KEY} NOT IN (SELECT key FROM seen_inbox)`,
    },
    {
      name: 'mails_repeated',
      label: 'repeated',
      query: `
        SELECT order_id, concat(fact, ' ', reference, ' came as ', string_agg(DISTINCT message_id, ' and ')) AS detail
        FROM mails JOIN seen_inbox ON key = ${KEY} GROUP BY mails.id HAVING count(DISTINCT message_id) > 1
        UNION ALL
        SELECT facts.order_id, concat('"', subject, '" came as ', message_id, ', which no mail of the order has')
        FROM seen_inbox JOIN facts ON facts.number = substring(subject FROM 'PD-[0-9]+')
        WHERE key NOT IN (SELECT ${KEY} FROM mails UNION SELECT ${KEY} FROM ${DUE} AS due)`,
    },
    {
      name: 'mails_to_another',
      label: 'to another person',
      query: `
        SELECT mails.order_id, concat('the mail ', fact, ' went to an address that is not the order''s') AS detail
        FROM mails JOIN seen_inbox ON key = ${KEY} JOIN facts ON facts.order_id = mails.order_id
        WHERE lower(recipient) <> facts.email`,
    },
  ],
};
