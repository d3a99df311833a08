// Audits a shop that is up: one line a promise, and the story of what was found broken; then it ends with 1.
//   npm run audit -- --home .perdure [--witness FILE] [--replay 200] [--seed 1]
import { parseArgs } from 'node:util';
import { audit, readPlaces, settled, verdictLines } from './audit/index.ts';

const { values } = parseArgs({
  options: {
    home: { type: 'string', default: process.env['PERDURE_HOME'] ?? '.perdure' },
    witness: { type: 'string' },
    replay: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

function wholeNumber(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} must be a whole number: ${value}`);
  return number;
}

const { home, witness, replay, seed } = values;
const places = await readPlaces(home);
const underWay = await settled(places);
if (underWay.length > 0) console.log(`Still under way, so the last word is not spoken: ${underWay.join(', ')}`);
const verdict = await audit(places, {
  seed: wholeNumber('seed', seed),
  ...(witness !== undefined && { witness }),
  ...(replay !== undefined && { replay: wholeNumber('replay', replay) }),
});
for (const line of verdictLines(verdict)) console.log(line);
process.exitCode = verdict.ok ? 0 : 1;
