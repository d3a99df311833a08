// Which new passwords are too easy to guess: pure rules over what a person typed, their address and the words that everybody
// tries first. Nothing else is asked of a password (NIST SP 800-63B): no mixture of letters, digits and signs.
import { COMMON_PASSWORDS } from './common-passwords.ts';

/** Digits and signs that stand for letters; `1` and `!` are read in both ways. */
const LETTERS: Record<string, string> = { '0': 'o', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's' };
const SIGNS = /[03457@$]/g;
/** The digits' row of a keyboard with shift held down: `!@#$%^&*` is `12345678`. */
const SHIFTED = '!@#$%^&*()';
/** A shorter local part is in every other password. */
const MIN_LOCAL_PART = 4;
/** Fewer different characters than this are a finger that lies on the keyboard. */
const MIN_DIFFERENT = 4;
/** A few letters and a number, whatever signs are between them: `abc12345`, `12345678`, `Aa@123456`. */
const MOSTLY_NUMBER = /^\p{L}{0,3}\d+\p{L}{0,3}$/u;
const EDGES = /^[^\p{L}]+|[^\p{L}]+$/gu;

/**
 * Why this password is not taken, in words for the person; undefined when it is.
 * @param email the address of its account, in lower case
 */
export function passwordWeakness(password: string, email: string): string | undefined {
  const lower = password.normalize('NFKC').toLowerCase();
  const localPart = lettersAndDigits(email.slice(0, email.lastIndexOf('@')).replace(/\+.*/, ''));
  if (lower.includes(email) || (localPart.length >= MIN_LOCAL_PART && lettersAndDigits(lower).includes(localPart))) {
    return 'must not contain your mail address';
  }
  return isCommon(lower) ? 'is one of the passwords that are guessed first' : undefined;
}

/** Whoever writes a name with other separators has not changed it: `Ada_Lovelace` is `ada.lovelace`. */
function lettersAndDigits(text: string): string {
  return text.replaceAll(/[^\p{L}\d]/gu, '');
}

function isCommon(password: string): boolean {
  if (new Set(password).size < MIN_DIFFERENT || MOSTLY_NUMBER.test(lettersAndDigits(password))) return true;
  if (Array.from(password).every((character) => SHIFTED.includes(character))) return true;
  return readings(password).some(
    (reading) => COMMON_PASSWORDS.has(reading) || COMMON_PASSWORDS.has(unrepeated(reading)) || isWalk(reading),
  );
}

/** The word in a password: without what stands around it, and with letters for digits and signs. */
function readings(password: string): string[] {
  const typed = [password, password.replaceAll(EDGES, '')];
  const spoken = typed.map((word) => word.replaceAll(SIGNS, (sign) => LETTERS[sign] ?? sign));
  const ones = ['l', 'i'].flatMap((letter) => spoken.map((word) => word.replaceAll(/[1!|]/g, letter)));
  const words = [...typed, ...spoken, ...ones].flatMap((word) => [
    word,
    word.replaceAll(EDGES, ''),
    word.replaceAll(/[^\p{L}]/gu, ''),
  ]);
  return [...new Set(words)].filter((word) => word !== '');
}

/** `abab` is `ab`, and so is `ababab`. */
function unrepeated(word: string): string {
  return /^(.+?)\1+$/u.exec(word)?.[1] ?? word;
}

/** Letters that follow each other in the alphabet, forward or back. */
function isWalk(word: string): boolean {
  const codes = Array.from(word, (character) => character.codePointAt(0) ?? 0);
  const steps = new Set(codes.slice(1).map((code, at) => code - (codes[at] ?? 0)));
  const [step = 0] = steps;
  return codes.length > 1 && steps.size === 1 && Math.abs(step) === 1;
}
