-- Meal programs on the day; eligibility says nothing in a school where everyone eats free.

CREATE OR REPLACE TEMP TABLE meal_features AS
WITH active AS (
    SELECT student_id, program, start_date,
        CASE eligibility WHEN 'free' THEN 0 WHEN 'reduced' THEN 1 WHEN 'paid' THEN 2 END AS code
    FROM store.meal_programs
    WHERE known_from < getvariable('cut') AND known_until >= getvariable('cut')
        AND start_date < getvariable('as_of')
        AND coalesce(CASE WHEN end_known_from < getvariable('cut') THEN end_date END, getvariable('as_of'))
            >= getvariable('as_of')
), programs AS (
    SELECT student_id, CAST(bool_or(program = 'breakfast') AS INTEGER) AS breakfast,
        CAST(bool_or(program = 'lunch') AS INTEGER) AS lunch,
        max({'start_date': start_date, 'code': -coalesce(code, 9)}) AS newest
    FROM active GROUP BY student_id
), schools AS (
    SELECT school_id, CAST(coalesce(cep, false) AS INTEGER) AS cep
    FROM store.schools WHERE known_from < getvariable('cut') AND known_until >= getvariable('cut')
)
SELECT p.student_id, coalesce(m.breakfast, 0) AS meal_breakfast, coalesce(m.lunch, 0) AS meal_lunch,
    CASE WHEN s.cep = 0 AND m.newest.code > -9 THEN -m.newest.code END AS meal_eligibility,
    s.cep AS school_cep
FROM people p LEFT JOIN schools s USING (school_id) LEFT JOIN programs m USING (student_id);
