// Card numbers must never reach the shop (P8): a number that could be one is found in whatever a person typed, so that a
// field can refuse it and a note can mask it before it is stored.

/** Lengths of card numbers: ISO/IEC 7812-1 ends at 19, and old ones have 13. */
const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
/** Enough of a masked number for its owner to know it again, and no more: PCI DSS 4.0, requirement 3.4.1. */
const KEPT_DIGITS = 4;
/** Digits as a person groups them: with spaces or dashes between. */
const GROUPED_DIGITS = /\d+(?:[\s\p{Pd}]+\d+)*/gu;
const GROUP = /\d+/g;
const MASKED = new RegExp(`\\d(?=(?:\\D*\\d){${KEPT_DIGITS}})`, 'g');

/** Whether the text holds a number that could be a card's: 13 to 19 digits, grouped or not, that pass the Luhn check. */
export function hasCardNumber(text: string): boolean {
  return findCardNumber(text) !== undefined;
}

/** Whether the text is such a number and nothing else. Ids and phone numbers hold long runs of digits, too. */
export function isCardNumber(text: string): boolean {
  return text.replaceAll(GROUPED_DIGITS, '') === '' && couldBeCard(text);
}

/** The text with `*` for each digit of every such number, but for its last four. Nothing else changes. */
export function maskCardNumbers(text: string): string {
  let masked = text;
  for (let card = findCardNumber(masked); card !== undefined; card = findCardNumber(masked)) {
    const { start, end } = card;
    masked = masked.slice(0, start) + masked.slice(start, end).replaceAll(MASKED, '*') + masked.slice(end);
  }
  return masked;
}

/** The first number, and as much of it as there can be. It is made of whole groups: a part of a group is no number. */
function findCardNumber(text: string): { start: number; end: number } | undefined {
  for (const run of text.matchAll(GROUPED_DIGITS)) {
    const groups = [...run[0].matchAll(GROUP)].map(({ index, 0: digits }) => ({
      start: run.index + index,
      end: run.index + index + digits.length,
    }));
    for (const [at, { start }] of groups.entries()) {
      const within = groups.slice(at, at + MAX_DIGITS);
      const last = within.findLast(({ end }) => couldBeCard(text.slice(start, end)));
      if (last !== undefined) return { start, end: last.end };
    }
  }
  return undefined;
}

function couldBeCard(grouped: string): boolean {
  const digits = grouped.replaceAll(/\D/g, '');
  return digits.length >= MIN_DIGITS && digits.length <= MAX_DIGITS && luhnSum(digits) % 10 === 0;
}

/** ISO/IEC 7812-1, annex B: from the right, every second digit is doubled, and the digits of all of these are summed. */
function luhnSum(digits: string): number {
  return Array.from(digits)
    .toReversed()
    .reduce((sum, digit, at) => {
      const value = at % 2 === 1 ? Number(digit) * 2 : Number(digit);
      return sum + (value > 9 ? value - 9 : value);
    }, 0);
}
