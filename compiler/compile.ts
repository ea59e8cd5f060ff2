// The pipeline, readable as one sentence: parse, bind, check, lint, lower, optimize, emit.
