"""The verbs. The only module that prints, and that turns errors into exit codes.

Whatever is heavy is imported where it is used, so that ``ews --help`` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ews.console import Console
from ews.errors import EwsError, UsageError
from ews.large_blocks import keep_large_blocks
from ews.verbs import audit, data, engines, status
from ews.verbs.data import say_loaded
from ews.verbs.options import AcceptWithdrawals, AsOfDay, ConfigFile, Json, date_of, load

if TYPE_CHECKING:
    from ews.nightly.night import NightResult

app = typer.Typer(
    help="Early-warning lists for chronic absence, audited for equity before they reach a counselor.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DEGRADED = 10

# Newer versions of typer bring their own copy of click, older ones import it: this is its error either way.
_CLICK_ERROR: type[Exception] = next(
    each for each in typer.BadParameter.__mro__ if each.__name__ == "ClickException"
)


@app.command(epilog="Example: ews demo --students 6000 --workspace ./ews-demo")
def demo(
    students: Annotated[int, typer.Option(help="Students in the simulated district.")] = 6000,
    workspace: Annotated[Path, typer.Option(help="The folder to work in.")] = Path("ews-demo"),
    as_json: Json = False,
) -> None:
    """Simulate a district and run the whole job on it."""
    from ews.demo import demo as run

    console = Console(as_json=as_json)
    with console.progress() as progress:
        result = run(workspace.absolute(), students=students, progress=progress, tell=console.say)
    lists, fairness, evaluation = result.files
    console.say("\nOpen these three files:")
    for what, path in (("lists", lists), ("fairness report", fairness), ("evaluation", evaluation)):
        console.say(f"  {what:<16} {path}")
    console.say(f"\nThe configuration to go on with: {result.configuration}")
    console.result(
        {
            "configuration": str(result.configuration),
            "run": result.training.run_name,
            "verdict": result.training.verdict,
            "open": [str(path) for path in result.files],
            **_night(result.night),
        }
    )


@app.command(epilog="Example: ews simulate --students 6000 --years 6 --seed 1 --out district")
def simulate(
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    students: Annotated[int, typer.Option(help="Students enrolled in a year.")] = 6000,
    years: Annotated[int, typer.Option(help="School years, the last one unfinished.")] = 6,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal bytes.")] = 1,
    as_json: Json = False,
) -> None:
    """Write the extracts of a district whose true risk is known."""
    from ews.simulate.district import simulate as run

    console = Console(as_json=as_json)
    with console.progress() as progress:
        configuration = run(out, students=students, years=years, seed=seed, progress=progress)
    console.say(f"Wrote extracts, truth and configuration. Next: ews ingest -c {configuration}")
    console.result({"configuration": str(configuration)})


app.command(epilog="Example: ews init my-district --from exports")(data.init)
app.command(epilog="Example: ews check -c district.yaml")(data.check)
app.command(epilog="Example: ews ingest -c district.yaml --loaded-at 2026-01-15T02:00")(data.ingest)
app.command(epilog="Example: ews rates -c district.yaml --definition edfacts --definition california")(
    data.rates
)
app.command(epilog="Example: ews purge -c district.yaml --student 00123 --reason 'parents asked' --yes")(
    data.purge
)

store = typer.Typer(help="Look into the store.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(store, name="store")
store.command(epilog="Example: ews store history -c district.yaml --student 00123 --date 2025-10-14")(
    data.history
)
store.command(epilog="Example: ews store export -c district.yaml --to /mnt/cluster/district")(engines.export)


@app.command(epilog="Example: ews train -c district.yaml --by 'Data team'")
def train(
    config: ConfigFile,
    by: Annotated[str | None, typer.Option(help="Who trains; by default the account.")] = None,
    as_json: Json = False,
) -> None:
    """Train, evaluate and audit a model; register a challenger unless the gate fails it."""
    from ews.training.run import train as run

    console = Console(as_json=as_json)
    loaded = load(config)
    truth = loaded.folder / "truth" / "risk.parquet"
    with console.progress() as progress:
        result = run(loaded, by=by, truth=truth if truth.exists() else None, progress=progress)
    console.say(
        f"Run {result.run_name}. {result.evaluation['lift']['sentence']}\n{result.fairness['sentence']}"
    )
    chosen = result.fairness.get("candidates")
    for line in [*([chosen["sentence"]] if chosen else []), *result.fairness.get("notes", [])]:
        console.say(line)
    console.say(f"Reports: {result.reports}")
    result.raise_if_failed()
    verdicts = {"lift": result.lift_verdict, "fairness": result.fairness_verdict}
    console.say(_after_training(result.verdict, verdicts, result.version))
    console.result(
        {
            "run": result.run_name,
            "version": result.version,
            "verdicts": {
                "gate": result.verdict,
                "lift": result.lift_verdict,
                "fairness": result.fairness_verdict,
            },
            "candidate": chosen["chosen"] if chosen else None,
            "notes": result.fairness.get("notes", []),
            "reports": str(result.reports),
        }
    )


@app.command(
    "sign-off",
    epilog="Example: ews sign-off -c district.yaml --kind insufficient_evidence --approver 'A. Person' "
    "--role 'Equity officer' --reason 'Small groups; reviewed' --expires 2026-06-30",
)
def sign_off(
    config: ConfigFile,
    kind: Annotated[str, typer.Option(help="insufficient_evidence or override.")],
    approver: Annotated[str, typer.Option(help="Who decides; not the person who trained.")],
    role: Annotated[str, typer.Option(help="As what.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    expires: Annotated[str, typer.Option(metavar="DATE", help="At most 180 days from today.")],
    version: Annotated[str | None, typer.Option(help="The version; by default the challenger.")] = None,
    run: Annotated[str | None, typer.Option(help="The run, for the override of a fail.")] = None,
    conditions: Annotated[str, typer.Option(help="On what conditions.")] = "",
    as_json: Json = False,
) -> None:
    """Record an equity officer's written decision. It records who decided; it does not authenticate."""
    from ews.approval import Decision, looser_now, record_sign_off

    console, loaded = Console(as_json=as_json), load(config)
    decision = Decision(kind, approver, role, reason, date_of(expires, "--expires"), conditions)
    signed = record_sign_off(loaded, decision, version=version, run=run)
    notes = looser_now(signed.run, loaded)
    for note in notes:
        console.say(f"! {note}")
    console.say(
        f"Recorded for version {signed.number} until {decision.expires}. This records a decision; it does "
        f"not prove who made it.\nNext: ews promote -c {config}"
    )
    console.result({"version": signed.number, "expires": decision.expires.isoformat(), "notes": notes})


@app.command(epilog="Example: ews promote -c district.yaml --version 3")
def promote(
    config: ConfigFile,
    version: Annotated[
        str | None, typer.Option(help="The version; by default the challenger. Also how to roll back.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a challenger the champion, if the gate lets it."""
    from ews.approval import looser_now
    from ews.approval import promote as run

    console, loaded = Console(as_json=as_json), load(config)
    champion, decision = run(loaded, version=version)
    notes = looser_now(champion.run, loaded)
    for note in notes:
        console.say(f"! {note}")
    rests = f", on the decision of {decision.approver} until {decision.expires}" if decision else ""
    console.say(f"Version {champion.number} is in service{rests}. Next: ews score -c {config}")
    console.result({"version": champion.number, "signed_off": decision is not None, "notes": notes})


@app.command(epilog="Example: ews score -c district.yaml --as-of 2026-01-15")
def score(config: ConfigFile, as_of: AsOfDay = None, as_json: Json = False) -> None:
    """Score with the champion and publish the lists; with engine spark, write the scores of a cluster."""
    from ews.nightly.night import score_and_publish

    console, loaded, day = Console(as_json=as_json), load(config), date_of(as_of, "--as-of")
    if loaded.engine.kind == "spark":
        engines.score_on_cluster(console, loaded, day)
        return
    with console.progress() as progress:
        result = score_and_publish(loaded, as_of=day, progress=progress)
    _finish_night(console, result)


@app.command(epilog="Example, in a crontab: 15 4 * * * ews nightly -c /srv/ews/district.yaml")
def nightly(
    config: ConfigFile,
    as_of: AsOfDay = None,
    accept_withdrawals: AcceptWithdrawals = False,
    accept_churn: Annotated[
        bool, typer.Option("--accept-churn", help="Publish also if much of the list changed at once.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Load, score and publish: the one line for cron or the Task Scheduler."""
    from ews.nightly.night import nightly as run

    console = Console(as_json=as_json)
    day = date_of(as_of, "--as-of")
    with console.progress() as progress:
        result = run(
            load(config),
            as_of=day,
            accept_withdrawals=accept_withdrawals,
            accept_churn=accept_churn,
            progress=progress,
        )
    if result.loaded is not None:
        console.findings(result.loaded.findings)
        say_loaded(console, result.loaded)
    _finish_night(console, result)


app.command(epilog="Example: ews audit -c district.yaml --as-served --year 2025")(audit.audit)


app.command(epilog="Example: ews status -c district.yaml --json")(status.status)


@app.command(epilog="Example: ews verify -c district.yaml")
def verify(config: ConfigFile, as_json: Json = False) -> None:
    """Check every digest from the model to the published lists."""
    from ews.nightly.verify import verify as run

    console = Console(as_json=as_json)
    result = run(load(config))
    for problem in result.problems:
        console.say(f"- {problem}")
    result.raise_if_broken()
    nights = "1 night" if len(result.nights) == 1 else f"{len(result.nights)} nights"
    console.say(
        f"Version {result.model_version} and its audit are as they were registered; "
        f"{result.files} published files of {nights} are as they were published."
    )
    console.result(vars(result))


def main() -> None:
    """Run the command line and exit with the contract's code."""
    keep_large_blocks()
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    as_json = "--json" in arguments
    try:
        outcome = app(arguments, standalone_mode=False)
    except EwsError as error:
        Console(as_json=as_json).error(error)
        return error.exit_code
    except _CLICK_ERROR as error:
        return _usage(error, as_json=as_json)
    except (typer.Abort, KeyboardInterrupt):
        Console(as_json=as_json).say("Stopped. Nothing was half-written.")
        return 130
    except Exception as error:
        # The text of an exception may quote a cell; where it happened is what a maintainer needs.
        Console(as_json=as_json).defect(
            "".join(traceback.format_tb(error.__traceback__)), type(error).__name__
        )
        return 1
    return outcome if isinstance(outcome, int) else 0


def _usage(error: Any, *, as_json: bool) -> int:
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(message)
    else:
        next_step = "see `ews --help`, or `ews COMMAND --help`"
        Console(as_json=as_json).error(UsageError(message, next_step=next_step))
    return UsageError.exit_code


def _after_training(verdict: str, verdicts: Mapping[str, str], version: str | None) -> str:
    if verdict == "pass":
        return f"The gate passed it: version {version} is the challenger. Next: read the reports, ews promote"
    pages = {"lift": "evaluation.html", "fairness": "fairness.html"}
    read = " and ".join(page for part, page in pages.items() if verdicts[part] != "pass")
    return (
        f"The evidence was not sufficient for a verdict: version {version} is a challenger that an equity "
        f"officer has to sign off. Next: read {read}, then ews sign-off"
    )


def _finish_night(console: Console, result: NightResult) -> None:
    from ews.nightly.when import said_missed

    if result.as_of.note:
        console.say(result.as_of.note)
    if result.outcome == "closed":
        console.say(f"No school on {result.as_of.day}: nothing to publish.")
    elif result.outcome == "no_students":
        console.say(
            f"The school year of {result.as_of.day} has begun and nobody is enrolled in it yet: nothing to "
            "publish."
        )
    elif result.outcome == "unchanged":
        console.say(
            f"The lists of {result.as_of.day} are published already, and nothing has changed in them: "
            f"{result.rows['scored']:,} students scored, {result.rows['listed']:,} on the lists."
        )
    elif result.published is not None:
        console.say(
            f"Published {result.published}: {result.rows['scored']:,} students scored, "
            f"{result.rows['listed']:,} on the lists."
        )
    if result.missed:
        console.say(said_missed(result.missed))
    for sentence in result.told:
        console.say(sentence)
    if result.looked_back is not None and result.looked_back.holds is not False:
        console.say(result.looked_back.sentence)
    for sentence in [*result.banners, *result.degraded]:
        console.say(f"! {sentence}")
    console.result(_night(result), exit_code=DEGRADED if result.degraded else 0)


def _night(result: NightResult) -> dict[str, Any]:
    return {
        "as_of": result.as_of.day.isoformat(),
        "outcome": result.outcome,
        "churn": result.churn.record() if result.churn else None,
        "published": str(result.published) if result.published else None,
        "model_version": result.model_version,
        "rows": result.rows,
        "degraded": result.degraded,
        "banners": result.banners,
        "note": result.as_of.note,
        "missed": [day.isoformat() for day in result.missed],
    }
