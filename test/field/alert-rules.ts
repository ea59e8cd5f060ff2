// The public alert rules of the shared data as the rule files that they were collected from: one file for each source,
// one group for each group.

import fs from 'node:fs';
import { stringify } from 'yaml';
import { z } from 'zod';
import { dataFile } from './data-folder.ts';

const collected = z.object({
  rules: z.array(
    z.object({
      group: z.string(),
      service: z.string().optional(),
      mixin: z.string().optional(),
      alert: z.string(),
      expr: z.string(),
      for: z.string().nullish(),
      severity: z.string().nullish(),
      summary: z.string().nullish(),
    }),
  ),
});

export const ruleSets = ['awesome-prometheus-alerts', 'monitoring-mixins'] as const;

/** Rule files by name, all 1,983 rules in them. Throws when the data folder is not there. */
export function alertRuleFiles(): readonly { readonly file: string; readonly text: string }[] {
  return ruleSets.map((set) => {
    const { rules } = collected.parse(JSON.parse(fs.readFileSync(dataFile(`rules/${set}.json`), 'utf8')));
    const groups = Map.groupBy(rules, (rule) => [rule.mixin ?? rule.service ?? '', rule.group].join(' '));
    const content = {
      groups: [...groups].map(([name, members]) => ({
        name,
        rules: members.map(({ alert, expr, for: held, severity, summary }) => ({
          alert,
          expr,
          ...(held ? { for: held } : {}),
          ...(severity ? { labels: { severity } } : {}),
          ...(summary ? { annotations: { summary } } : {}),
        })),
      })),
    };
    return { file: `${set}.yml`, text: stringify(content) };
  });
}
