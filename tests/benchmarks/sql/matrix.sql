-- Everything joined: one row per student of the roster.

SELECT r.* EXCLUDE (school_id), a.* EXCLUDE (student_id), l.* EXCLUDE (student_id),
    n.* EXCLUDE (student_id), m.* EXCLUDE (student_id), p.* EXCLUDE (student_id)
FROM roster_features r
LEFT JOIN attendance_features a ON a.student_id = r.student_id
LEFT JOIN remaining_features l ON l.student_id = r.student_id
LEFT JOIN nurse_features n ON n.student_id = r.student_id
LEFT JOIN meal_features m ON m.student_id = r.student_id
LEFT JOIN peer_features p ON p.student_id = r.student_id
ORDER BY r.student_id
