// Every command of `ddlc`, in the order in which `--help` lists them.

import { backtestCommand } from './backtest.ts';
import { checkCommand } from './check.ts';
import type { CliCommand } from './command.ts';
import { compileCommand } from './compile.ts';
import { costCommand } from './cost.ts';
import { deployCommand } from './deploy.ts';
import { diffCommand } from './diff.ts';
import { docCommand } from './doc.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { formatCommand } from './fmt.ts';
import { importCommand } from './import.ts';
import { initCommand } from './init.ts';
import { keyCommand } from './key.ts';
import { killCommand } from './kill.ts';
import { mutateCommand } from './mutate.ts';
import { pauseCommand } from './pause.ts';
import { planCommand } from './plan.ts';
import { redriveCommand } from './redrive.ts';
import { resumeCommand } from './resume.ts';
import { rollbackCommand } from './rollback.ts';
import { runCommand } from './run.ts';
import { silenceCommand } from './silence.ts';
import { snapshotCommand } from './snapshot.ts';
import { statusCommand } from './status.ts';
import { testCommand } from './test.ts';
import { whyCommand } from './why.ts';

export const commands: readonly CliCommand[] = [
  initCommand,
  checkCommand,
  formatCommand,
  testCommand,
  mutateCommand,
  backtestCommand,
  snapshotCommand,
  diffCommand,
  costCommand,
  docCommand,
  whyCommand,
  explainCommand,
  compileCommand,
  keyCommand,
  runCommand,
  statusCommand,
  planCommand,
  deployCommand,
  rollbackCommand,
  pauseCommand,
  resumeCommand,
  killCommand,
  silenceCommand,
  redriveCommand,
  doctorCommand,
  importCommand,
];
