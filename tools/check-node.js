// Says in one sentence what to do where Node is too old to run TypeScript as it stands. Plain JavaScript on purpose.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `Perdure runs on Node 24 or newer and this is ${process.version}: run it through npm (npm start, npm test) after "npm ci", which brings Node 24 on Linux, or install Node 24.\n`,
  );
  process.exit(78);
}
