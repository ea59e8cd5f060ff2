// The rules for when a policy may act and for what missing data does: `active`, `inactive`, `on missing`.

import type { IToken, ParserMethod } from 'chevrotain';
import type { DayRange, Name, OnMissingClause, ScheduleClause, TimeRange } from './ast.ts';
import { SchemaParser } from './parse-schema.ts';
import * as t from './tokens.ts';
import { oneOf } from './wording.ts';

const minutesOfDay = 24 * 60;
const days = oneOf('days such as `mon..fri`', 'times such as `08:00..18:00`');
const day = oneOf('a day such as `mon`');
const time = oneOf('a time of day from `00:00` to `24:00`');
const timesEnd = oneOf('`..` and the time at which it ends');
const zone = oneOf('a time zone such as `"Europe/Berlin"`');
const scheduleEnd = oneOf('times such as `08:00..18:00`', '`in` and a time zone', 'the end of the line');
const missing = oneOf('`hold`', '`reset`', '`treat_as false`');

export abstract class ScheduleParser extends SchemaParser {
  /** `schedule = ( "active" | "inactive" ) [ days ] [ times ] [ "in" string ]`, on one line, not all of it left out */
  protected readonly schedule: ParserMethod<[], ScheduleClause> = this.RULE('schedule', () => {
    const start = this.ACTION(() => this.LA(1));
    this.OR([{ ALT: () => this.CONSUME(t.ActiveWord) }, { ALT: () => this.CONSUME(t.InactiveWord) }]);
    this.ACTION(() => {
      if (this.firstOnLine(1) || this.next(1, t.InWord)) this.fail(days);
    });
    const ranges = this.OPTION({ GATE: () => !this.next(1, t.InWord), DEF: () => this.SUBRULE(this.days) }) ?? [];
    const times = this.OPTION1({ GATE: () => !this.firstOnLine(1), DEF: () => this.SUBRULE(this.times) });
    const where = this.OPTION2({
      GATE: () => !this.firstOnLine(1),
      DEF: () => {
        this.CONSUME(t.InWord);
        this.ACTION(() => this.onSameLine(zone));
        return this.CONSUME(t.Text, zone);
      },
    });
    this.ACTION(() => this.atClauseEnd() || this.fail(ranges.length === 0 && times === undefined ? days : scheduleEnd));
    return this.ACTION((): ScheduleClause => {
      return {
        kind: 'schedule',
        span: this.spanFrom(start),
        word: start.tokenType === t.InactiveWord ? 'inactive' : 'active',
        days: ranges,
        times: times ?? null,
        zone: where === undefined ? null : this.stringOf(where),
      };
    });
  });

  /** `days = day [ ".." day ] { "," day [ ".." day ] }` */
  private readonly days: ParserMethod<[], DayRange[]> = this.RULE('days', () => {
    const ranges: DayRange[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        this.ACTION(() => this.onSameLine(day));
        const from = this.CONSUME(t.Word, day);
        const to = this.OPTION(() => {
          this.CONSUME(t.DotDot);
          this.ACTION(() => this.onSameLine(day));
          return this.CONSUME1(t.Word, day);
        });
        this.ACTION(() => {
          const last = to === undefined ? null : this.nameOf(to);
          ranges.push({ span: this.spanFrom(from), from: this.nameOf(from), to: last });
        });
      },
    });
    return ranges;
  });

  /** `times = time ".." time`, `time = digits ":" digits` */
  private readonly times: ParserMethod<[], TimeRange> = this.RULE('times', () => {
    const start = this.ACTION(() => this.LA(1));
    const fromMinute = this.SUBRULE(this.time, { ARGS: [minutesOfDay - 1] });
    this.CONSUME(t.DotDot, timesEnd);
    const toMinute = this.SUBRULE1(this.time, { ARGS: [minutesOfDay] });
    return this.ACTION((): TimeRange => ({ span: this.spanFrom(start), fromMinute, toMinute }));
  });

  private readonly time: ParserMethod<[number], number> = this.RULE('time', (latest) => {
    // What is wrong with a time is told at its hour, before anything of it is taken.
    const minute = this.ACTION(() => this.#minuteOfDay());
    this.ACTION(() => (minute !== null && minute <= latest) || this.fail(time));
    this.CONSUME(t.Quantity);
    this.CONSUME(t.Colon);
    this.CONSUME1(t.Quantity);
    return minute ?? 0;
  });

  /** `on-missing = "on" "missing" name { name }`, on one line */
  protected readonly onMissing: ParserMethod<[], OnMissingClause> = this.RULE('onMissing', () => {
    const start = this.CONSUME(t.On);
    this.CONSUME(t.MissingWord);
    const words: Name[] = [];
    this.ACTION(() => this.onSameLine(missing));
    this.AT_LEAST_ONE({
      GATE: () => !this.firstOnLine(1),
      DEF: () => {
        const word = this.OR([
          { ALT: () => this.CONSUME(t.Word, missing) },
          { ALT: () => this.CONSUME(t.True) },
          { ALT: () => this.CONSUME(t.False) },
        ]);
        this.ACTION(() => words.push(this.nameOf(word)));
      },
    });
    this.ACTION(() => this.atClauseEnd() || this.fail(oneOf('the end of the line')));
    return this.ACTION((): OnMissingClause => ({ kind: 'on-missing', span: this.spanFrom(start), words }));
  });

  /** `on missing hold`; `on missing` alone, or with `where`, is about a schema of that name. */
  protected atOnMissing(): boolean {
    if (!this.next(1, t.On) || !this.next(2, t.MissingWord) || this.firstOnLine(3)) return false;
    return this.next(3, t.Word) || this.next(3, t.True) || this.next(3, t.False);
  }

  protected atSchedule(): boolean {
    return this.next(1, t.ActiveWord) || this.next(1, t.InactiveWord);
  }

  /** `null` when the next three tokens are no time of day in one piece. */
  #minuteOfDay(): number | null {
    const [hour, colon, minute] = [this.LA(1), this.LA(2), this.LA(3)];
    if (hour.tokenType !== t.Quantity || colon.tokenType !== t.Colon || minute.tokenType !== t.Quantity) return null;
    if (!/^\d{1,2}$/.test(hour.image) || !/^[0-5]\d$/.test(minute.image) || !adjoin(hour, colon, minute)) return null;
    return Number(hour.image) * 60 + Number(minute.image);
  }
}

function adjoin(...tokens: readonly IToken[]): boolean {
  return tokens.every((token, at) => at === 0 || t.tokenEnd(tokens[at - 1] as IToken) === token.startOffset);
}
