-- What is left of the year, and the usual pace over three years.

CREATE OR REPLACE TEMP TABLE everyone AS
SELECT
    coalesce(0.08::DOUBLE / nullif(share(sum(absent_last), sum(clock_1) - sum(exempt_last)), 0), 1) AS scale_1,
    coalesce(0.08::DOUBLE / nullif(share(sum(absent_before), sum(clock_2) - sum(exempt_before)), 0), 1) AS scale_2,
    coalesce(sum(absent + absent_last + absent_before) / nullif(sum(begins + begins_last + begins_before), 0), 0)
        AS length
FROM clocks JOIN sums USING (student_id) JOIN streaks USING (student_id);

CREATE OR REPLACE TEMP TABLE remaining_features AS
WITH history AS (
    SELECT c.student_id,
        (6 * (absent + begins * length) + 2 * (absent_last + begins_last * length) * scale_1
            + (absent_before + begins_before * length) * scale_2) / 2 AS missed,
        6 * (coalesce(clock_0, 0) - exempt) + 2 * (coalesce(clock_1, 0) - exempt_last)
            + coalesce(clock_2, 0) - exempt_before AS days
    FROM clocks c JOIN sums USING (student_id) JOIN streaks USING (student_id) CROSS JOIN everyone
), paced AS (
    SELECT r.student_id, r.absences_left, r.days_remaining, t.absence_rate,
        (coalesce(h.missed, 0) + 600 * coalesce(p.school_rate_last_year * e.scale_1, r.grade_absence_rate,
            r.school_absence_rate)) / (coalesce(h.days, 0) + 600) AS usual_pace
    FROM roster_features r
    JOIN standing t ON t.student_id = r.student_id
    JOIN peer_features p ON p.student_id = r.student_id
    LEFT JOIN history h ON h.student_id = r.student_id
    CROSS JOIN everyone e
)
SELECT student_id,
    share(absences_left, days_remaining) AS spare_rate,
    absences_left - absence_rate * days_remaining AS spare_at_this_pace,
    usual_pace,
    absences_left - usual_pace * days_remaining AS spare_at_usual_pace,
    (absences_left + 1 - usual_pace * days_remaining) / sqrt(usual_pace * days_remaining + 0.5::DOUBLE)
        AS spare_in_spreads
FROM paced;
