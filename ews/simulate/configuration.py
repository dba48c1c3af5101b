"""The configuration that goes with a simulated district, every choice explained in it."""

from __future__ import annotations

MARK = "# A simulated district, written by `ews simulate`."

_TEMPLATE = """\
{mark} No child in it is real.
# {students} students, {years} school years, seed {seed}: the same three numbers give the same bytes.
# Paths are meant from the folder of this file. `ews init` explains every key.

district: Simulated School District
timezone: America/New_York
workspace: workspace                        # store, reports and published lists
mlflow:
  tracking_uri: sqlite:///mlruns/mlflow.db  # the registry, beside this file

sources:
  schools: {{path: extracts/schools.csv, delivery: full}}
  calendar: {{path: extracts/calendar.csv, delivery: full}}
  students: {{path: extracts/students.csv, delivery: full}}  # for the audit only, never for the model
  enrollments: {{path: extracts/enrollments.csv, delivery: full}}
  attendance:
    path: extracts/attendance.csv
    delivery: full
    reporting: exceptions                   # a row only when something happened
    codes:                                  # what each of the district's codes means
      A: absent_unexcused
      E: absent_excused
      S: absent_suspension
      I: in_school_suspension
      T: tardy
      X: exempt                             # neither enrolled nor absent, for example homebound
      P: present                            # withdraws an absence that was recorded by mistake
  nurse_visits:
    path: extracts/nurse_visits.csv
    delivery: full
    use: feature                            # date, coarse category and disposition; the district decides
  meal_programs:
    path: extracts/meal_programs.csv
    delivery: full
    use: feature
    authorization:                          # a real district needs a real basis: 42 USC 1758(b)(6)
      basis: Simulated data; no real child and no real eligibility is disclosed
      citation: none needed for simulated data
      approved_by: nobody; this authorization is part of a simulation and covers nothing else
      expires: 2099-12-31
  directory: {{path: extracts/directory.csv}}  # invented names, read only when a list is printed

checks: {{max_quarantined: 0}}                # the extracts are clean: set no row aside

definition:                                 # chronic absence as EDFacts FS195 counts it
  threshold: 0.10
  inclusive: true                           # exactly 10% is chronic
  min_enrolled_days: 10
  grain: district                           # the rate follows the student across schools
  partial_day: half                         # half a day or more counts as a day

outreach:
  capacity:                                 # how many students a school can reach
    prevent: {{per_school: 15}}               # not yet chronic: where a list changes most
    intensive: {{per_school: 10}}             # already chronic

audit:
  sensitive: [race_ethnicity, disability, english_learner, economically_disadvantaged, sex]
  tolerance: {{excess_fnr: 0.10, auc_difference: 0.10}}
  min_group: 30                             # positive students that a verdict on a group needs
"""


def district_yaml(students: int, years: int, seed: int) -> str:
    """Return the text of ``district.yaml``; valid under :func:`ews.config.load_config`."""
    return _TEMPLATE.format(mark=MARK, students=f"{students:,}", years=years, seed=seed)
