// Mistakes about what makes a key or tag, and about the members of a key.

import { entry, policyWhen } from './entry.ts';

export const memberEntries = {
  'empty-source': entry({
    code: 'DDL2040',
    severity: 'error',
    title: 'a value made of nothing',
    message: () => 'a name on the wire, or a value that is always the same, can not be empty',
    help: () => 'write the name of the field of the event: `from "service.name"`',
    explanation:
      '`from "…"` names the field of the event that a key, tag or metric is read from, and `always "…"` is the value that every event gets. Neither can be empty: no event would have it.',
    bad: `schema other {\n  key host from ""\n  metric load: number\n}\n\n${policyWhen('latency > 500ms')}\npolicy second {\n  on other\n  when load > 4\n  do notify("look here")\n}\n`,
    good: `schema other {\n  key host from "host.name"\n  metric load: number\n}\n\n${policyWhen('latency > 500ms')}\npolicy second {\n  on other\n  when load > 4\n  do notify("look here")\n}\n`,
  }),
};
