// Card numbers in what people type: refused in a field, masked in a note, and never taken for something else (P8).
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hasCardNumber, maskCardNumbers } from '../../src/http/card-numbers.ts';
import { emailAddress, phoneNumber, text } from '../../src/http/schemas.ts';
import { placeOrderBody, placeOrderExample } from '../../src/orders/schemas.ts';

/** Stripe's test numbers. https://docs.stripe.com/testing#cards */
const VISA = '4242424242424242';
const CARDS = [VISA, '4222222222222', '30569309025904', '378282246310005', '5555555555554444', '6304000000000000000'];

/** The digit that makes a number pass the Luhn check, by trying. */
function completed(start: string): string {
  const found = Array.from({ length: 10 }, (_, digit) => `${start}${digit}`).find(passesLuhn);
  if (found === undefined) throw new Error(`no check digit for ${start}`);
  return found;
}

/** The check in another way than the product's: a table of what a doubled digit counts. */
function passesLuhn(digits: string): boolean {
  const doubled = '0246813579';
  const values = Array.from(digits).map((digit, at) =>
    (digits.length - at) % 2 === 0 ? doubled[Number(digit)] : digit,
  );
  return values.reduce((sum, value) => sum + Number(value), 0) % 10 === 0;
}

const card = fc.stringMatching(/^[1-9]\d{11,17}$/).map(completed);
const words = fc.stringMatching(/^[a-zäß.,!\n ]{0,30}[a-zäß]$/);
/** The digits with a separator, now and then, between two of them. */
const grouped = (digits: fc.Arbitrary<string>) =>
  fc
    .tuple(digits, fc.array(fc.constantFrom('', '', '', ' ', '-', ' - ', '\u00a0', '\u2013'), { minLength: 20 }))
    .map(([number, gaps]) =>
      Array.from(number)
        .map((digit, at) => `${at === 0 ? '' : gaps[at]}${digit}`)
        .join(''),
    );

describe('a card number', () => {
  test.each(CARDS)('%s is found', (number) => {
    expect(hasCardNumber(number)).toBe(true);
  });

  test('is found however it is grouped and whatever stands around it, and is masked but for its last four digits', () => {
    fc.assert(
      fc.property(words, grouped(card), words, (before, number, after) => {
        expect(hasCardNumber(`${before}${number}${after}`)).toBe(true);
        const masked = maskCardNumbers(`${before}${number}${after}`);
        expect(masked.startsWith(before) && masked.endsWith(after)).toBe(true);
        expect(masked.length).toBe(before.length + number.length + after.length);
        expect(masked.replaceAll(/\D/g, '')).toBe(number.replaceAll(/\D/g, '').slice(-4));
      }),
    );
  });

  test('is found between other groups of digits', () => {
    expect(maskCardNumbers('Flat 12 4242 4242 4242 4242 12/29 123')).toBe('Flat 12 **** **** **** 4242 12/29 123');
  });

  test('is masked beside another one', () => {
    expect(maskCardNumbers('4242424242424242 4222222222222')).toBe('************4242 *********2222');
  });

  test('leaves nothing behind that could be another one', () => {
    const digits = fc.stringMatching(/^[\d \n-]{0,80}$/);
    fc.assert(fc.property(digits, (value) => !hasCardNumber(maskCardNumbers(value))));
  });
});

test('digits that fail the check, and numbers of other lengths, stay as they are', () => {
  const wrong = card.map((number) => `${number.slice(0, -1)}${(Number(number.at(-1)) + 1) % 10}`);
  const short = fc.stringMatching(/^\d{1,12}$/);
  const long = fc.stringMatching(/^\d{20,30}$/);
  fc.assert(
    fc.property(fc.oneof(wrong, short, long), words, (number, after) => {
      expect(maskCardNumbers(`${number}${after}`)).toBe(`${number}${after}`);
    }),
  );
});

describe('what a person typed', () => {
  test('is refused with a card number in it, and without repeating it', () => {
    const refused = text({ max: 100 }).safeParse(`my card ${VISA}`);
    expect(refused.error?.issues.map(({ message }) => message)).toEqual(['must not contain a card number']);
    expect(emailAddress.safeParse(`${VISA}@example.com`).success).toBe(false);
  });

  test('may hold digits that pass the check where they are an id or a phone number', () => {
    const address = 'e6613c67-bd53-4423-ab12-251345672591@example.com';
    expect(hasCardNumber(address)).toBe(true);
    expect(emailAddress.parse(address)).toBe(address);
    const international = fc.stringMatching(/^[1-9]\d{11,13}$/).map(completed);
    fc.assert(fc.property(international, (digits) => phoneNumber.safeParse(`+${digits}`).success));
    expect(phoneNumber.safeParse(`+${VISA}`).success).toBe(false);
    expect(phoneNumber.safeParse('378282246310005').success).toBe(false);
  });

  test('of a length that is refused anyhow is not searched at all', () => {
    const refused = text({ max: 20 }).safeParse(`my card ${VISA}`);
    expect(refused.error?.issues.map(({ code }) => code)).toEqual(['too_big']);
  });

  test.each(['name', 'line1', 'line2', 'city', 'region', 'postalCode', 'phone'])(
    'of an order is refused in the address (%s)',
    (field) => {
      const shippingAddress = { ...placeOrderExample.shippingAddress, [field]: '4242 4242 4242 4242' };
      const refused = placeOrderBody.safeParse({ ...placeOrderExample, shippingAddress });
      // One that is wrong in its country, too, is told so beside.
      const paths = new Set(refused.error?.issues.map(({ path }) => path.join('.')));
      expect([...paths]).toEqual([`shippingAddress.${field}`]);
    },
  );

  test('of an order is masked in its note, before anything is stored', () => {
    const { note } = placeOrderBody.parse({ ...placeOrderExample, note: 'Card:\n4242-4242-4242-4242, thanks' });
    expect(note).toBe('Card:\n****-****-****-4242, thanks');
  });
});
