// Properties draw the same cases each time the suite runs, so that what passes here passes elsewhere; campaigns and
// `DDL_SEED=$RANDOM npm test` draw others. A property that fails prints its seed.

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.DDL_SEED ?? 1) });
