-- How much, of which kind, when: every sum of a student in one pass over the events.

CREATE OR REPLACE TEMP MACRO share(part, whole) AS CASE WHEN whole > 0 THEN part / whole END;
-- SQL's least would leave a missing clock out.
CREATE OR REPLACE TEMP MACRO at_most(a, b) AS CASE WHEN a <= b THEN a WHEN a > b THEN b END;

CREATE OR REPLACE TEMP TABLE sums AS
SELECT e.student_id,
    countif(ago0 AND missed) AS absent, countif(ago0 AND exempt) AS exempt,
    countif(ago0 AND missed AND kind = 3) AS excused, countif(ago0 AND missed AND kind = 4) AS unexcused,
    countif(ago0 AND kind IN (2, 5)) AS suspended, countif(ago0 AND kind = 1) AS tardy,
    countif(ago0 AND part_day) AS part_day,
    countif(ago0 AND missed AND since < 5) AS absent_5, countif(ago0 AND exempt AND since < 5) AS exempt_5,
    countif(ago0 AND missed AND since < 10) AS absent_10,
    countif(ago0 AND exempt AND since < 10) AS exempt_10,
    countif(ago0 AND missed AND since < 20) AS absent_20,
    countif(ago0 AND exempt AND since < 20) AS exempt_20,
    countif(ago0 AND missed AND since < 40) AS absent_40,
    countif(ago0 AND exempt AND since < 40) AS exempt_40,
    countif(ago0 AND missed AND kind = 4 AND since < 20) AS unexcused_20,
    countif(ago0 AND missed AND clock <= 20) AS absent_first,
    countif(ago0 AND exempt AND clock <= 20) AS exempt_first,
    countif(ago0 AND missed AND at_weekend) AS absent_weekend,
    countif(ago0 AND missed AND around_break) AS absent_around_break,
    max(clock) FILTER (WHERE ago0 AND missed) AS last_absent,
    countif(ago1 AND missed) AS absent_last, countif(ago1 AND exempt) AS exempt_last,
    countif(ago1 AND missed AND kind = 4) AS unexcused_last, countif(ago1 AND kind = 1) AS tardy_last,
    countif(ago1 AND missed AND since >= 0) AS absent_same,
    countif(ago1 AND exempt AND since >= 0) AS exempt_same,
    countif(ago1 AND missed AND clock_1 - clock < 40) AS absent_end,
    countif(ago1 AND exempt AND clock_1 - clock < 40) AS exempt_end,
    countif(ago1 AND missed AND since < 10 AND since >= -10) AS absent_weeks,
    countif(ago1 AND exempt AND since < 10 AND since >= -10) AS exempt_weeks,
    countif(ago1 AND missed AND since < 0) AS absent_rest, countif(ago1 AND exempt AND since < 0) AS exempt_rest,
    countif(ago2 AND missed) AS absent_before, countif(ago2 AND exempt) AS exempt_before
FROM (
    SELECT c.student_id, e.* EXCLUDE (student_id), coalesce(years_ago = 0, false) AS ago0,
        coalesce(years_ago = 1, false) AS ago1, coalesce(years_ago = 2, false) AS ago2,
        c.clock_0 - e.clock AS since, c.clock_1
    FROM clocks c LEFT JOIN events e USING (student_id)
) e
GROUP BY e.student_id;

-- Runs of consecutive days of absence: along a run, the clock and the number of the absence rise alike.
CREATE OR REPLACE TEMP TABLE runs AS
SELECT student_id, years_ago, count(*) AS length, max(clock) AS last
FROM (
    SELECT student_id, years_ago, clock,
        clock - row_number() OVER (PARTITION BY student_id, years_ago ORDER BY clock) AS run
    FROM events WHERE missed
)
GROUP BY student_id, years_ago, run;

CREATE OR REPLACE TEMP TABLE streaks AS
SELECT c.student_id, countif(coalesce(years_ago = 0, false)) AS begins,
    countif(coalesce(years_ago = 1, false)) AS begins_last,
    countif(coalesce(years_ago = 2, false)) AS begins_before,
    coalesce(max(length) FILTER (WHERE years_ago = 0), 0) AS longest_streak,
    coalesce(max(length) FILTER (WHERE years_ago = 0 AND last = clock_0), 0) AS current_streak
FROM clocks c LEFT JOIN runs USING (student_id)
GROUP BY c.student_id;

CREATE OR REPLACE TEMP TABLE attendance_features AS
WITH counted AS (
    SELECT *, clock_0 - exempt AS days, clock_1 - exempt_last AS last_days,
        at_most(clock_0, clock_1) - exempt_same AS same_days,
        at_most(clock_0, 20) - exempt_20 AS days_20, clock_0 - 20 - (exempt - exempt_20) AS earlier_days
    FROM clocks JOIN sums USING (student_id) JOIN streaks USING (student_id)
)
SELECT student_id,
    days AS days_enrolled,
    CASE WHEN clock_0 > 0 THEN absent END AS absence_days,
    share(absent, days) AS absence_rate,
    share(excused, days) AS excused_rate,
    share(unexcused, days) AS unexcused_rate,
    share(suspended, days) AS suspension_rate,
    share(tardy, days) AS tardy_rate,
    share(part_day, days) AS part_day_rate,
    share(absent_5, at_most(clock_0, 5) - exempt_5) AS absence_rate_last_5,
    share(absent_10, at_most(clock_0, 10) - exempt_10) AS absence_rate_last_10,
    share(absent_20, days_20) AS absence_rate_last_20,
    share(absent_40, at_most(clock_0, 40) - exempt_40) AS absence_rate_last_40,
    share(unexcused_20, days_20) AS unexcused_rate_last_20,
    share(absent_20, days_20) - share(absent - absent_20, earlier_days) AS absence_trend,
    share(absent_weekend, absent) AS monday_friday_share,
    share(absent_first, at_most(clock_0, 20) - exempt_first) AS first_month_rate,
    CASE WHEN clock_0 > 0 THEN current_streak END AS current_streak,
    CASE WHEN clock_0 > 0 THEN longest_streak END AS longest_streak,
    CASE WHEN clock_0 > 0 THEN begins END AS absence_spells,
    clock_0 - last_absent AS days_since_absence,
    share(absent_last, last_days) AS last_year_rate,
    share(unexcused_last, last_days) AS last_year_unexcused_rate,
    share(tardy_last, last_days) AS last_year_tardy_rate,
    share(absent_same, same_days) AS last_year_same_period_rate,
    share(absent_end, at_most(clock_1, 40) - exempt_end) AS last_year_last_40_rate,
    share(absent_before, clock_2 - exempt_before) AS year_before_rate,
    share(absent, days) - share(absent_same, same_days) AS change_from_last_year,
    share(unexcused_20, days_20) - share(unexcused - unexcused_20, earlier_days) AS unexcused_trend,
    share(absent_around_break, absent) AS around_break_share,
    share(absent_weeks, at_most(clock_0 + 10, clock_1) - greatest(clock_0 - 10, 0) - exempt_weeks)
        AS last_year_same_weeks_rate,
    share(absent_rest, clock_1 - clock_0 - exempt_rest) AS last_year_rest_rate,
    share(begins, days) AS spell_rate,
    share(begins_last, last_days) AS last_year_spell_rate
FROM counted;
