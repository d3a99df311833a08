// Who may import whom: the walls of the house (docs/architecture.md). Each rule is proven in test/rules.test.ts.
const areas = 'accounts|addresses|audit|catalog|inventory|cart|coupons|orders|payments|pricing|reviews|notifications';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle means that two files are one thing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'workflows-stay-deterministic',
      comment: 'Workflow code reaches workflows, rules and the SDK; of activities it knows the types only.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        pathNot: [
          '^workflows/',
          '^src/[^/]+/rules\\.ts$',
          '^activities/',
          '^node_modules/@temporalio/(workflow|common)/',
        ],
      },
    },
    {
      name: 'workflows-know-only-types-of-activities',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^activities/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'activities-reach-stores-rules-platform',
      severity: 'error',
      from: { path: '^activities/' },
      to: {
        path: '^(src|workflows|migrations|test)/',
        pathNot: [
          '^src/[^/]+/(checkout-|customer-|refund-|mail-)?store\\.ts$',
          '^src/[^/]+/rules\\.ts$',
          '^src/platform/',
        ],
      },
    },
    {
      name: 'areas-keep-to-themselves',
      comment: 'What two areas share is a rule, or a workflow.',
      severity: 'error',
      from: { path: `^src/(${areas})/` },
      to: { path: `^src/(${areas})/`, pathNot: ['^src/$1/', '/rules\\.ts$'] },
    },
    {
      name: 'areas-reach-no-workflow-code',
      severity: 'error',
      from: { path: `^src/(${areas})/` },
      to: { path: '^(workflows|activities|migrations)/', pathNot: '^workflows/messages\\.ts$' },
    },
    {
      name: 'stores-know-no-http',
      severity: 'error',
      from: {
        path: '^src/[^/]+/((checkout-|customer-|refund-|credential-|mail-|proof-|session-|user-|key-)?store|rules)\\.ts$',
      },
      to: { path: '^(src/http|workflows|node_modules/@hono)/' },
    },
    {
      name: 'rules-are-pure',
      comment: 'No I/O, no clock of their own, no Node: rules run in the workflow sandbox too.',
      severity: 'error',
      from: { path: '^src/[^/]+/rules\\.ts$' },
      to: { pathNot: ['^src/[^/]+/rules\\.ts$', '^node_modules/(hono|zod)/'] },
    },
    {
      name: 'platform-knows-nobody',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^(src/(?!platform/|config\\.ts)|workflows|activities)', pathNot: '^src/[^/]+/rules\\.ts$' },
    },
    {
      name: 'local-is-for-main-bench-and-tests',
      severity: 'error',
      from: { pathNot: ['^src/local/', '^src/main\\.ts$', '^bench/', '^test/'] },
      to: { path: '^src/local/' },
    },
    {
      name: 'tests-are-imported-by-tests-and-bench',
      comment: 'Of tests, a bench knows what drives a shop from outside.',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/', pathNot: '^test/support/' },
    },
    {
      name: 'test-support-is-for-tests-and-bench',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^test/support/' },
    },
    {
      name: 'bench-is-imported-by-tests',
      severity: 'error',
      from: { pathNot: '^(bench|test)/' },
      to: { path: '^bench/' },
    },
    {
      name: 'the-auditor-shares-no-code',
      comment: 'Whoever checks the shop must not make its mistakes.',
      severity: 'error',
      from: { path: '^bench/audit/' },
      to: { pathNot: ['^bench/audit/', '^node_modules/'], dependencyTypesNot: ['core'] },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
