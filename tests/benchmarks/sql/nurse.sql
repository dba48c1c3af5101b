-- Visits to the nurse on the student's clock. A year without any counted visit was not recorded.

CREATE OR REPLACE TEMP TABLE visits AS
SELECT v.student_id, s.years_ago, s.before + d.number - s.number_before AS clock, v.category,
    v.disposition = 'sent_home' AS sent_home
FROM store.nurse_visits v
JOIN spells s ON s.student_id = v.student_id AND v.date BETWEEN s.start AND s.stop
JOIN days d ON d.school_id = s.school_id AND d.date = v.date
WHERE v.known_from < getvariable('cut') AND v.known_until >= getvariable('cut')
    AND v.date < getvariable('as_of');

CREATE OR REPLACE TEMP TABLE nurse_features AS
WITH recorded AS (
    SELECT coalesce(bool_or(years_ago = 0), false) AS now, coalesce(bool_or(years_ago = 1), false) AS before
    FROM visits
), counts AS (
    SELECT student_id, countif(years_ago = 0) AS visits, countif(years_ago = 1) AS last_year,
        countif(years_ago = 0 AND since < 20) AS last_20, countif(years_ago = 0 AND since < 40) AS last_40,
        countif(years_ago = 0 AND sent_home) AS home,
        countif(years_ago = 0 AND sent_home AND since < 20) AS home_20,
        countif(years_ago = 0 AND category = 'illness') AS illness,
        countif(years_ago = 0 AND category = 'injury') AS injury,
        countif(years_ago = 0 AND category = 'chronic_condition') AS chronic_condition,
        countif(years_ago = 0 AND category = 'mental_health') AS mental_health,
        countif(years_ago = 0 AND category = 'mental_health' AND since < 40) AS mental_health_40,
        countif(years_ago = 0 AND category = 'medication') AS medication,
        min(since) FILTER (WHERE years_ago = 0) AS days_since
    FROM (SELECT v.*, clock_0 - clock AS since FROM visits v JOIN clocks USING (student_id))
    GROUP BY student_id
), followed AS (
    SELECT student_id, count(*) AS days
    FROM (SELECT DISTINCT student_id, clock FROM visits WHERE years_ago = 0) v
    WHERE EXISTS (FROM (SELECT student_id, clock FROM events WHERE years_ago = 0 AND missed) e
        WHERE e.student_id = v.student_id AND e.clock - v.clock BETWEEN 1 AND 3)
    GROUP BY student_id
)
SELECT c.student_id,
    CASE WHEN now THEN coalesce(visits, 0) END AS nurse_visits,
    CASE WHEN now THEN coalesce(last_20, 0) END AS nurse_visits_last_20,
    CASE WHEN now THEN coalesce(last_40, 0) END AS nurse_visits_last_40,
    CASE WHEN now THEN coalesce(home, 0) END AS nurse_sent_home,
    CASE WHEN now THEN coalesce(illness, 0) END AS nurse_illness,
    CASE WHEN now THEN coalesce(injury, 0) END AS nurse_injury,
    CASE WHEN now THEN coalesce(chronic_condition, 0) END AS nurse_chronic_condition,
    CASE WHEN now THEN coalesce(mental_health, 0) END AS nurse_mental_health,
    CASE WHEN now THEN coalesce(medication, 0) END AS nurse_medication,
    days_since AS nurse_days_since_visit,
    CASE WHEN before AND schools_last_year > 0 THEN coalesce(last_year, 0) END AS nurse_visits_last_year,
    CASE WHEN now THEN coalesce(home_20, 0) END AS nurse_sent_home_last_20,
    CASE WHEN now THEN coalesce(mental_health_40, 0) END AS nurse_mental_health_last_40,
    CASE WHEN now THEN coalesce(f.days, 0) END AS nurse_visits_before_absence
FROM clocks c CROSS JOIN recorded
LEFT JOIN counts USING (student_id) LEFT JOIN followed f USING (student_id)
WHERE clock_0 > 0;
