// What a workflow thread loads before the SDK (workflow-threads.ts): the hook that would see every promise is never installed.
import v8 from 'node:v8';

v8.promiseHooks.createHook = () => () => undefined;
