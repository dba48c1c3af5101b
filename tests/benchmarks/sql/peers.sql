-- The others of the school: on the same days this year, and last year.

CREATE OR REPLACE TEMP TABLE class_days AS
WITH absent AS (
    SELECT school_id, grade, date, countif(missed) AS absent FROM events WHERE years_ago = 0 GROUP BY ALL
), changes AS (
    SELECT school_id, grade, start AS date, 1 AS change FROM spells WHERE years_ago = 0
    UNION ALL SELECT school_id, grade, stop + 1, -1 FROM spells WHERE years_ago = 0
    UNION ALL SELECT school_id, grade, date, 0 FROM absent
), enrolled AS (
    SELECT school_id, grade, date,
        sum(sum(change)) OVER (PARTITION BY school_id, grade ORDER BY date) AS enrolled
    FROM changes GROUP BY school_id, grade, date
)
SELECT a.*, CAST(e.enrolled - 1 AS BIGINT) AS others
FROM absent a JOIN enrolled e USING (school_id, grade, date);

CREATE OR REPLACE TEMP TABLE beyond AS
SELECT e.student_id, sum(CASE
    WHEN NOT e.missed THEN 0
    WHEN c.others > 0 THEN 10000 * (c.others - c.absent + 1) // c.others
    ELSE 10000 END) AS beyond
FROM events e JOIN class_days c USING (school_id, grade, date)
WHERE e.years_ago = 0
GROUP BY e.student_id;

CREATE OR REPLACE TEMP TABLE peer_features AS
WITH own AS (
    SELECT student_id, school_id, sum(days) AS days FROM spells WHERE years_ago = 1 GROUP BY ALL
), away AS (
    SELECT student_id, school_id, countif(missed) AS absent, countif(exempt) AS exempt
    FROM events WHERE years_ago = 1 GROUP BY ALL
), last_year AS (
    SELECT o.student_id, o.school_id, coalesce(a.absent, 0) AS absent, o.days - coalesce(a.exempt, 0) AS days
    FROM own o LEFT JOIN away a USING (student_id, school_id)
), schools AS (
    SELECT school_id, sum(absent) AS absent, sum(days) AS days FROM last_year GROUP BY school_id
)
SELECT r.student_id,
    share(coalesce(b.beyond, 0) / 1e4, c.clock_0 - s.exempt) AS absence_beyond_peers,
    share(y.absent - coalesce(l.absent, 0), y.days - coalesce(l.days, 0)) AS school_rate_last_year
FROM roster_features r
LEFT JOIN clocks c ON c.student_id = r.student_id
LEFT JOIN sums s ON s.student_id = r.student_id
LEFT JOIN beyond b ON b.student_id = r.student_id
LEFT JOIN last_year l ON l.student_id = r.student_id AND l.school_id = r.school_id
LEFT JOIN schools y ON y.school_id = r.school_id;
