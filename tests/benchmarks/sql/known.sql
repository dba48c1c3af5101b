-- What was known before :as_of: the calendar numbered, school years, and merged spells of enrollment.
-- Variables: as_of (date), cut (its first moment, naive UTC).

CREATE OR REPLACE TEMP TABLE known_days AS
SELECT school_id, school_year, date, instructional
FROM store.calendar
WHERE known_from < getvariable('cut') AND known_until >= getvariable('cut');

SET VARIABLE year = (
    SELECT coalesce(min(school_year) FILTER (WHERE last >= getvariable('as_of')), max(school_year) + 1)
    FROM (SELECT school_year, max(date) AS last FROM known_days GROUP BY school_year)
);

CREATE OR REPLACE TEMP TABLE days AS
WITH gaps AS (
    SELECT school_id, school_year, date,
        coalesce(date - lag(date) OVER w, 0) AS before,
        coalesce(lead(date) OVER w - date, 0) AS after
    FROM known_days
    WHERE instructional AND school_year >= getvariable('year') - 2
    WINDOW w AS (PARTITION BY school_id, school_year ORDER BY date)
), weekends AS (
    SELECT school_id, school_year, greatest(3, arg_min(before, (-times, before))) AS usual
    FROM (SELECT school_id, school_year, before, count(*) AS times FROM gaps WHERE before > 1 GROUP BY ALL)
    GROUP BY ALL
), breaks AS (
    SELECT school_id, date
    FROM gaps LEFT JOIN weekends USING (school_id, school_year)
    WHERE greatest(before, after) > coalesce(usual, 3)
)
SELECT d.school_id, d.school_year, d.date, d.instructional, b.date IS NOT NULL AS around_break,
    CAST(sum(d.instructional::INT) OVER (
        PARTITION BY d.school_id, d.school_year ORDER BY d.date) AS INTEGER) AS number
FROM known_days d LEFT JOIN breaks b USING (school_id, date)
WHERE d.school_year >= getvariable('year') - 2;

CREATE OR REPLACE TEMP TABLE school_years AS
WITH years AS (
    SELECT school_id, school_year, min(date) AS first_day, max(date) AS last_day, max(number) AS days
    FROM days WHERE school_year <= getvariable('year') GROUP BY ALL
), covered AS (
    SELECT y.school_id, y.school_year, max(least(c.date, y.last_day)) AS covered_to
    FROM store.coverage c JOIN years y
        ON c.school_id = y.school_id AND c.date >= y.first_day
        AND (c.date <= y.last_day OR y.school_year = getvariable('year'))
    WHERE c.known_from < getvariable('cut') AND c.known_until >= getvariable('cut')
        AND c.date < getvariable('as_of')
    GROUP BY ALL
), counted AS (
    SELECT y.*, CASE WHEN covered_to IS NULL THEN first_day - 1
        WHEN y.school_year = getvariable('year') THEN covered_to ELSE last_day END AS counted_to
    FROM years y LEFT JOIN covered USING (school_id, school_year)
)
SELECT c.*, coalesce(d.number, 0) AS counted_days
FROM counted c LEFT JOIN days d ON d.school_id = c.school_id AND d.date = c.counted_to;

CREATE OR REPLACE TEMP TABLE known_enrollments AS
SELECT student_id, school_id, school_year, grade, entry_date,
    CASE WHEN end_known_from < getvariable('cut') THEN exit_date END AS exit_date
FROM store.enrollments
WHERE known_from < getvariable('cut') AND known_until >= getvariable('cut')
    AND entry_date < getvariable('as_of');

-- Disjoint, with the student's clock of the three years beside each spell: whoever joins spells has them.
CREATE OR REPLACE TEMP TABLE spells AS
WITH clipped AS (
    SELECT e.student_id, e.school_id, e.school_year, e.grade, e.entry_date,
        greatest(e.entry_date, y.first_day) AS start,
        least(coalesce(e.exit_date, y.last_day), y.last_day, y.counted_to) AS stop
    FROM known_enrollments e JOIN school_years y USING (school_id, school_year)
    WHERE greatest(e.entry_date, y.first_day)
        <= least(coalesce(e.exit_date, y.last_day), y.last_day, y.counted_to)
), disjoint AS (
    SELECT * REPLACE (greatest(start, coalesce(max(stop) OVER (
        PARTITION BY student_id, school_year ORDER BY start, school_id, entry_date
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + 1, start)) AS start)
    FROM clipped
), counted AS (
    SELECT s.student_id, s.school_id, s.school_year, s.grade, s.start, s.stop,
        getvariable('year') - s.school_year AS years_ago,
        first.number - first.instructional::INT AS number_before,
        last.number - first.number + first.instructional::INT AS days
    FROM disjoint s
    JOIN days first ON first.school_id = s.school_id AND first.date = s.start
    JOIN days last ON last.school_id = s.school_id AND last.date = s.stop
    WHERE s.start <= s.stop
)
SELECT *,
    CAST(sum(days) OVER (PARTITION BY student_id, school_year ORDER BY start) - days AS INTEGER) AS before
FROM counted;

CREATE OR REPLACE TEMP TABLE clocks AS
SELECT student_id,
    nullif(CAST(coalesce(sum(days) FILTER (WHERE years_ago = 0), 0) AS INTEGER), 0) AS clock_0,
    nullif(CAST(coalesce(sum(days) FILTER (WHERE years_ago = 1), 0) AS INTEGER), 0) AS clock_1,
    nullif(CAST(coalesce(sum(days) FILTER (WHERE years_ago = 2), 0) AS INTEGER), 0) AS clock_2,
    bool_or(years_ago = 0) AS this_year,
    count(DISTINCT school_id) FILTER (WHERE years_ago = 0) AS schools_this_year,
    count(DISTINCT school_id) FILTER (WHERE years_ago = 1) AS schools_last_year,
    arg_min(number_before, start) FILTER (WHERE years_ago = 0) AS days_missed_before_entry
FROM spells GROUP BY student_id;

-- Everyone enrolled on the day, at one school each.
CREATE OR REPLACE TEMP TABLE people AS
SELECT student_id, arg_min(school_id, (-epoch(entry_date), school_id)) AS school_id,
    arg_min(grade, (-epoch(entry_date), school_id)) AS grade, max(entry_date) AS entry_date
FROM known_enrollments
WHERE school_year = getvariable('year') AND (exit_date IS NULL OR exit_date >= getvariable('as_of'))
GROUP BY student_id;
