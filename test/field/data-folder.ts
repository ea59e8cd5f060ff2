// Where the recorded telemetry and the oracles lie: the folder that `DDL_DATA` names, else `shared/data` beside the
// repository. Tests read it in place; nothing of it is copied into the project.

import fs from 'node:fs';
import path from 'node:path';

/** The path of a file of the data folder; throws a sentence that says what to do when it is not there. */
export function dataFile(name: string): string {
  const folder = process.env.DDL_DATA ?? path.resolve(import.meta.dirname, '../../../shared/data');
  const file = path.join(folder, name);
  if (!fs.existsSync(file)) {
    throw new Error(
      `the recorded data is not there: ${file} does not exist; set DDL_DATA to the folder that holds \`open/\`, or put it beside the repository as ../shared/data`,
    );
  }
  return file;
}
