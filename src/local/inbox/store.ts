// The mails that were received, oldest first in memory and in an append-only journal: what `add` has returned from
// survives a restart and a `kill -9`.
import { join } from 'node:path';
import { openJournal } from '../journal.ts';

export interface Mail {
  id: string;
  /** When it was received, ISO 8601 UTC. */
  at: string;
  /** The header as it came, with its angle brackets; empty when there was none. */
  messageId: string;
  from: string;
  /** The envelope's recipients, in the order of the SMTP session: who really gets it, blind copies included. */
  recipients: string[];
  subject: string;
  /** Empty when the mail has no such part. */
  text: string;
  html: string;
}

/** Both without regard to case; nothing, or only blanks, lets every mail through. */
interface Filter {
  /** The whole address of any recipient. */
  to?: string | undefined;
  /** A part of a recipient or of the subject. */
  words?: string | undefined;
}

export interface MailStore {
  add(mail: Mail): void;
  find(id: string): Mail | undefined;
  /** Newest first. */
  newest(filter: Filter): Mail[];
  clear(): void;
  close(): void;
}

/** Opens the mails kept in a folder, and creates it when it is not there. */
export function openMails(folder: string): MailStore {
  const journal = openJournal<Mail>(join(folder, 'mails.jsonl'));
  const mails = new Map(journal.entries.splice(0).map((mail) => [mail.id, mail]));
  return {
    add(mail) {
      journal.append(mail);
      mails.set(mail.id, mail);
    },
    find: (id) => mails.get(id),
    newest({ to = '', words = '' }) {
      const address = to.trim().toLowerCase();
      const searched = words.trim().toLowerCase();
      return [...mails.values()]
        .filter((mail) => address === '' || isFor(mail, address))
        .filter((mail) => searched === '' || mentions(mail, searched))
        .toReversed();
    },
    clear() {
      journal.rewrite([]);
      mails.clear();
    },
    close: () => journal.close(),
  };
}

function isFor(mail: Mail, address: string): boolean {
  return mail.recipients.some((recipient) => recipient.toLowerCase() === address);
}

function mentions(mail: Mail, words: string): boolean {
  return [mail.subject, ...mail.recipients].some((field) => field.toLowerCase().includes(words));
}
