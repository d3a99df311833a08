// What can be known of the dependencies from what is committed: exact versions, pinned contents, no scripts at their installation,
// licences that allow what we do. With --age it asks the registry when each direct one was last released,
// with --advisories what is known against the versions that are installed, where it answers that.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';

/** SPDX. Permissive ones; a package under another one is looked at by a person before it stands here. */
const LICENCES = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
]);
/** Its manifest names none; what its LICENSE file is. */
const LICENCE_OF = { unionfs: 'Unlicense' };
/** One that has not been released for so long is looked at: finished, or left alone? */
const OLD_MONTHS = 24;
const MS_PER_MONTH = 2_629_800_000;
const MAX_REPORT_BYTES = 16_777_216;

const manifest = JSON.parse(fs.readFileSync('package.json', 'utf8'));
const { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'));
const direct = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
const problems = [];

for (const [name, version] of Object.entries(direct)) {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) problems.push(`${name} ${version}: not an exact version`);
}

if (!/^ignore-scripts=true$/m.test(fs.readFileSync('.npmrc', 'utf8'))) {
  problems.push('.npmrc does not refuse install scripts (ignore-scripts=true)');
}

let counted = 0;
for (const [where, entry] of Object.entries(packages)) {
  // Packages for other platforms, which the registry in use did not offer: named, never installed.
  const isPlaceholder = entry.optional === true && entry.resolved === undefined && entry.integrity === undefined;
  if (where === '' || isPlaceholder) continue;
  counted += 1;
  const name = where.slice(where.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (entry.integrity?.startsWith('sha512-') !== true)
    problems.push(`${name} ${entry.version}: its contents are not pinned by sha512`);
  const licence = entry.license ?? LICENCE_OF[name];
  if (!isAllowed(licence)) problems.push(`${name} ${entry.version}: licence ${licence ?? 'unknown'}`);
}

/** One of an OR, all of an AND. */
function isAllowed(expression = '') {
  const terms = expression.replaceAll(/[()]/g, '');
  return terms.split(' OR ').some((choice) => choice.split(' AND ').every((term) => LICENCES.has(term)));
}

const run = promisify(execFile);
if (process.argv.includes('--age')) await tellAges();
if (process.argv.includes('--advisories')) await askForAdvisories();

for (const problem of problems) console.error(problem);
console.log(
  `${Object.keys(direct).length} direct dependencies, ${counted} packages in all, ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

async function tellAges() {
  for (const name of Object.keys(direct).toSorted()) {
    const { stdout } = await run('npm', ['view', name, 'time', '--json']);
    const { created: _created, modified: _modified, ...releases } = JSON.parse(stdout);
    const newest = new Date(Math.max(...Object.values(releases).map((time) => Date.parse(time))));
    const months = Math.round((Date.now() - newest.getTime()) / MS_PER_MONTH);
    const age = months > OLD_MONTHS ? `, ${months} months ago` : '';
    console.log(`${name} ${direct[name]}: last release ${newest.toISOString().slice(0, 10)}${age}`);
  }
}

/** A registry that answers no advisories is no problem of the packages, but it is said. */
async function askForAdvisories() {
  // npm ends with 1 when it has found something, and when it could not ask; what it says is JSON either way.
  const { stdout } = await run('npm', ['audit', '--json'], { maxBuffer: MAX_REPORT_BYTES }).catch((error) => error);
  const { vulnerabilities, message } = JSON.parse(stdout);
  if (vulnerabilities === undefined) {
    console.log(`advisories: the registry in use does not answer (${message})`);
    return;
  }
  for (const { name, severity, via } of Object.values(vulnerabilities)) {
    const reasons = via.map((reason) =>
      typeof reason === 'string' ? `by ${reason}` : `${reason.title} ${reason.url}`,
    );
    problems.push(`${name} ${packages[`node_modules/${name}`]?.version ?? ''}: ${severity}: ${reasons.join('; ')}`);
  }
}
