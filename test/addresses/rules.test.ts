// What an address needs in its country.
import { expect, test } from '@jest/globals';
import { judgeAddress } from '../../src/addresses/rules.ts';

const wrongWith = (country: string, postalCode: string, region?: string | null) =>
  judgeAddress({ country, postalCode, region }).map(({ path }) => path);

test.each([
  ['GB', ['SW1Y 4JH', 'm1 1ae', 'EC1A1BB', 'W1A 0AX'], ['12345', 'SW1Y', 'SW1Y  4JH', 'SW1Y 44H']],
  ['DE', ['10115', '01067'], ['1011', '101155', 'D-10115', '1011a']],
  ['FR', ['75001'], ['7500', '75 001']],
  ['NL', ['1012 AB', '1012ab'], ['0012 AB', '1012']],
  ['PL', ['00-950', '00950'], ['0-0950']],
  ['PT', ['1000-205'], ['1000']],
  ['SE', ['114 55', '11455'], ['1145']],
  ['JP', ['100-0001'], ['100-001']],
  ['IN', ['110 001', '110001'], ['010001']],
  ['BR', ['01310-100'], ['1310-100']],
  ['IE', ['D02 AF30', 'D6W XY00'], ['D02']],
])('postal codes of %s', (country, good, bad) => {
  for (const code of good) expect([code, wrongWith(country, code)]).toEqual([code, []]);
  for (const code of bad) expect([code, wrongWith(country, code)]).toEqual([code, ['postalCode']]);
});

test.each([
  ['US', '94103-1234', 'CA'],
  ['CA', 'K1A 0B1', 'ON'],
  ['AU', '2000', 'NSW'],
])('an address in %s names its region', (country, postalCode, region) => {
  expect(wrongWith(country, postalCode, region)).toEqual([]);
  for (const none of [undefined, null, '']) expect(wrongWith(country, postalCode, none)).toEqual(['region']);
  expect(wrongWith(country, 'XX')).toEqual(['postalCode', 'region']);
});

test('where no pattern is known, any postal code is taken', () => {
  expect(wrongWith('HK', '-')).toEqual([]);
});
