"""Every figure the simulated district is made from, in one place, each with what it was shaped after.

"DOMAIN 7" is the project's table of published figures for a simulator. The values here were set so
that a large simulated district reproduces that table (``tests/simulate/test_figures.py``), never so
that any model or rule does well.
"""

from __future__ import annotations

import numpy as np

LAST_YEAR = 2026
"""The unfinished school year (2025-26), whatever today is."""
DATA_END = np.datetime64("2026-01-16")
"""Events of the unfinished year stop at the last instructional day on or before this date."""

LEVELS = ("elementary", "middle", "high")
GRADES = ("KG", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")
LEVEL_OF_GRADE = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2], dtype=np.int8)
GRADES_IN_LEVEL = np.array([6, 3, 4])

# --- propensity: theta, on the log scale of the hazards below; 0 is an ordinary student ------------
STABLE_SD = 0.61
DRIFT_SD = 0.39
DRIFT_SKEW = 0.7  # the drift is a standardized log-normal: a bad year is worse than a good year is good
DRIFT_CORRELATION = 0.35  # of the normal under it, from year to year
SCHOOL_SD = 0.38
SCHOOL_YEAR_SD = 0.06
THETA_RANGE = (-3.5, 4.0)
"""Propensities are cut to this range, in the process and in the truth alike."""

# U-shape over grades KG..12 (Connecticut, DOMAIN 7), in units of theta.
GRADE_SHIFT = np.array(
    [0.20, 0.00, -0.10, -0.16, -0.17, -0.15, -0.17, -0.09, -0.02, 0.10, 0.12, 0.15, 0.42], dtype=np.float32
)
YEAR_SHIFT = {2021: 0.03, 2022: 0.04, 2023: 0.03, 2024: 0.01}
"""Mild: the chronic share falls from about 28% to about 24% (DOMAIN 7); other years are 0."""

# --- groups: composition by neighborhood, and how need differs (DOMAIN 7, "by group") --------------
RACES = (
    "White",
    "Hispanic",
    "Black",
    "Asian",
    "Multiracial",
    "Native American",
    "Pacific Islander",
)
RACE_WHERE_RICH = np.array([0.640, 0.140, 0.060, 0.085, 0.055, 0.012, 0.008])
RACE_WHERE_POOR = np.array([0.200, 0.410, 0.290, 0.025, 0.045, 0.018, 0.012])
RACE_SHIFT = np.array([-0.14, 0.07, 0.19, -0.46, 0.06, 0.42, 0.44], dtype=np.float32)
RACE_MISSING = 0.01
ENGLISH_LEARNER_BY_RACE = np.array([0.02, 0.30, 0.04, 0.22, 0.02, 0.05, 0.10])
ENGLISH_LEARNER_SHIFT = 0.17
DISABILITY_SHARE = (0.12, 0.19)  # girls, boys
DISABILITY_SHIFT = 0.45
POVERTY_SHIFT = 0.36
HOMELESS_SHARE_OF_POOR = 0.05
HOMELESS_SHIFT = 0.48
FOSTER_SHARE = 0.006
FOSTER_SHIFT = 0.20
SEX_SHIFT = -0.01  # on boys, whose disabilities already make them about one point higher
ASTHMA_SHARE = 0.09  # and the like: a chronic condition on record (DOMAIN 7, 8-10%)
GROUP_CENTER = 0.31  # about the mean of all group shifts, taken off: it sets the overall level

# --- hazards a school day at theta 0, by level -----------------------------------------------------
SPELL_HAZARD = np.array([0.0140, 0.0122, 0.0110], dtype=np.float32)  # a spell of illness (or suspension)
SINGLE_HAZARD = np.array([0.0128, 0.0140, 0.0152], dtype=np.float32)  # one day: appointment, family, tired
DISENGAGE_HAZARD = np.array([0.0013, 0.0018, 0.0024], dtype=np.float32)  # weeks of staying away
SPELL_SLOPE, SINGLE_SLOPE, DISENGAGE_SLOPE, SHOCK_SLOPE = 0.82, 1.12, 1.00, 0.35
CHRONIC_CONDITION_FACTOR = 1.6  # on spells of illness
SENT_HOME_FACTOR = 0.10  # a nurse sends a child home, as a share of the spell hazard
SPELL_AFTER_SENT_HOME = 0.55
SPELL_STAYS = {1: 0.52, 2: 0.45, 3: 0.38, 4: 0.30}  # by calendar days since the last school day
SPELL_STAYS_LONG_GAP = 0.10
DISENGAGED_STAYS, DISENGAGED_STAYS_LONG_GAP = 0.90, 0.60
LONG_GAP_DAYS = 5
ABSENT_WHILE_DISENGAGED = 0.62
EXEMPT = 0.0006

# --- calendar effects (NYC, DOMAIN 7) --------------------------------------------------------------
MONTH_FACTOR = {9: 1.19, 10: 0.94, 11: 0.98, 12: 1.02, 1: 1.07, 2: 1.00, 3: 1.08, 4: 1.00, 5: 1.12, 6: 1.00}
WEEKDAY_FACTOR = (1.35, 1.08, 0.91, 1.02, 1.36)
EVE_OF_THANKSGIVING, EVE_OF_WINTER_BREAK, LAST_DAY = 0.085, 0.10, 0.12  # added to the single-day hazard
SNOW_BY_MONTH = {12: 0.004, 1: 0.010, 2: 0.010, 3: 0.004}  # chance of a snow day with schools open
SNOW_HAZARD = (0.32, 0.70)  # how hard it hits, drawn evenly
DISTRICT_NOISE_SD, SCHOOL_NOISE_SD = 0.30, 0.80
DISTRICT_NOISE_LAG, SCHOOL_NOISE_LAG = 0.40, 0.15

# --- mobility (DOMAIN 7: 10% change school between October and May, leavers and late entries included)
LEAVE_HAZARD, TRANSFER_HAZARD, MOVE_SLOPE = 0.00017, 0.00032, 0.40
SUMMER_LEAVERS = 0.035
LATE_ENTRIES = 0.028
FARTHEST_MOVE = 0.0080  # a day's hazard of moving is cut here

# --- what is written down --------------------------------------------------------------------------
UNEXCUSED_SINGLE = (0.34, 0.020)  # at KG, and more per grade
UNEXCUSED_SPELL = (0.20, 0.014)
SUSPENSION_OF_SPELLS = np.array([0.004, 0.035, 0.035], dtype=np.float32)
IN_SCHOOL_SUSPENSION = np.array([0.0000, 0.0006, 0.0006], dtype=np.float32)
TARDY = np.array([0.018, 0.022, 0.028], dtype=np.float32)
TARDY_WHILE_DISENGAGED = 0.15
SHORT_PART_DAY = 0.006
MISTAKEN_ABSENCE = 0.0022  # recorded, and withdrawn some days later
PART_DAY_OF_SINGLES = 0.14
RECODED_EXCUSED = 0.30  # excused absences that were unexcused until the note came
RECORDED_NEXT_DAY, RECORDED_LATE = 0.10, 0.04

# --- nurse -----------------------------------------------------------------------------------------
VISIT_HAZARD = 0.0058
VISIT_SD = 1.0
VISIT_POVERTY_FACTOR, VISIT_CONDITION_FACTOR, VISIT_SLOPE = 1.9, 2.4, 0.15
MENTAL_HEALTH_WHILE_DISENGAGED = 0.04
MENTAL_HEALTH_OTHERWISE = 0.0003

# --- schools and meals -----------------------------------------------------------------------------
POVERTY_STEEPNESS = 5.0
CEP_SHARE_OF_SCHOOLS = 0.40
