"""The dashboard for Grafana: each of its queries runs as Grafana would run it, and gives what its panel draws."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.types.string import TextLoader

from tests.conftest import CHECKOUT
from tests.servers import Cluster
from tests.workyear import Sizes, fill
from tracing.database.migration import migrate
from tracing.database.roles import set_up

GRAFANA = CHECKOUT / "sql/grafana"
DASHBOARD = json.loads((GRAFANA / "dashboards/hooktrace.json").read_text())
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"]}
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}

VIEWS = ("trace_summary", "agent_performance", "error_analysis", "pattern_effectiveness", "dashboard_summary")

INTERVAL_S = 6 * 3600
WINDOW = timedelta(days=30)
SIZES = Sizes(events=6_000, executions=3_000, decisions=300, calls=1_000, patterns=100, uses=300, chains=50, errors=50)

MACRO = re.compile(r"\$__(\w+)(?:\(((?:[^()]|\([^()]*\))*)\))?")


def expanded(sql: str, projects: list[str], until: datetime) -> str:
    """Return *sql* with its macros and variables replaced, as Grafana replaces them before the database sees it."""
    quoted = ",".join("'" + project.replace("'", "''") + "'" for project in projects)
    sql = sql.replace("${project:sqlstring}", quoted).replace("$__interval", f"{INTERVAL_S}s")

    def replaced(macro: re.Match[str]) -> str:
        arguments = [argument.strip() for argument in (macro[2] or "").split(",")]
        if macro[1] == "timeFilter":
            begin, end = ((at.isoformat().replace("+00:00", "Z")) for at in (until - WINDOW, until))
            return f"{arguments[0]} BETWEEN '{begin}' AND '{end}'"
        if macro[1] == "timeGroupAlias":
            seconds = int(arguments[1].removesuffix("s"))
            return f'floor(extract(epoch from {arguments[0]})/{seconds})*{seconds} AS "time"'
        raise AssertionError(f"a macro that Grafana may not know: {macro[0]}")

    return MACRO.sub(replaced, sql)


class Filled:
    """A filled database, as the login of Grafana sees it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.until = datetime.now(UTC)
        query = expanded(VARIABLES["project"]["query"], [], self.until)
        self.projects = [row[0] for row in self.rows(query)]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        return self.connection.execute(sql.encode()).fetchall()

    def panel(self, title: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the columns and rows that a panel is drawn from."""
        sql = expanded(PANELS[title]["targets"][0]["rawSql"], self.projects, self.until)
        cursor = self.connection.execute(sql.encode())
        return [column.name for column in cursor.description or ()], cursor.fetchall()


@pytest.fixture(scope="module")
def filled(embedded18: Cluster) -> Iterator[Filled]:
    """Give a database with a year of work, read by a member of hooktrace_auditor."""
    with embedded18.database() as url:
        migrate(url, "public")
        fill(url, sizes=SIZES)
        set_up(url, "public", "", False)
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("DROP ROLE IF EXISTS grafana")
            admin.execute("CREATE ROLE grafana LOGIN IN ROLE hooktrace_auditor")
            admin.execute("ANALYZE")
            try:
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute("SET SESSION AUTHORIZATION grafana")
                    connection.adapters.register_loader("uuid", TextLoader)
                    yield Filled(connection)
            finally:
                admin.execute("DROP ROLE grafana")


NUMBER = (int, float, Decimal)


@pytest.mark.parametrize("title", PANELS)
def test_each_panel_gets_the_columns_that_it_draws(filled: Filled, title: str) -> None:
    """A series: a time that rises, numbers, and at most one name. One figure each: one row of numbers. A table: any."""
    panel = PANELS[title]
    columns, rows = filled.panel(title)
    assert rows
    assert len(set(columns)) == len(columns)
    kinds = [{type(row[at]) for row in rows} - {type(None)} for at in range(len(columns))]
    assert not any(kind & {list, dict} for kind in kinds), "Grafana prints no array and no object as a person reads it"
    numbers = [name for name, kind in zip(columns, kinds, strict=True) if kind and kind <= set(NUMBER)]
    if panel["type"] == "timeseries":
        assert panel["targets"][0]["format"] == "time_series"
        assert columns[0] == "time" and [row[0] for row in rows] == sorted(row[0] for row in rows)
        assert set(columns) - set(numbers) <= {"metric"} and len(numbers) >= 2
        assert len({(row[0], row[columns.index("metric")] if "metric" in columns else "") for row in rows}) == len(rows)
    else:
        assert panel["targets"][0]["format"] == "table"
    if panel["type"] == "stat":
        assert len(rows) == 1 and numbers == columns
    named = [override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]]
    assert set(named) <= set(columns)


def test_the_figures_are_those_of_the_database(filled: Filled) -> None:
    """What is summed over the time of a series is what one query counts."""
    begin = filled.until - WINDOW
    span = f"started_at BETWEEN '{begin.isoformat()}' AND '{filled.until.isoformat()}'"
    prompts = sum(row[2] for row in filled.panel("Prompts by outcome")[1])
    assert filled.rows(f"SELECT count(*) FROM execution_traces WHERE kind = 'prompt' AND {span}") == [(prompts,)]
    cost = sum(row[2] for row in filled.panel("Cost by model")[1])
    assert filled.rows(f"SELECT sum(cost_usd) FROM endpoint_calls WHERE model IS NOT NULL AND {span}") == [(cost,)]
    by_project = sum(row[5] or 0 for row in filled.panel("Cost by project and user")[1])
    assert by_project == cost
    newest = filled.panel("Latest prompts")[1][0]
    assert filled.rows(f"SELECT max(started_at) FROM execution_traces WHERE kind = 'prompt' AND {span}") == [
        (newest[0],)
    ]


def test_a_project_narrows_what_is_told(filled: Filled) -> None:
    """Of one project there is less than of all, and of one with a quote in its name nothing breaks."""
    assert len(filled.projects) > 1
    sql = PANELS["Prompts by outcome"]["targets"][0]["rawSql"]
    counts = {
        project: sum(row[2] for row in filled.rows(expanded(sql, [project], filled.until)))
        for project in (*filled.projects, "it's none")
    }
    assert sum(counts.values()) == sum(row[2] for row in filled.panel("Prompts by outcome")[1])
    assert counts["it's none"] == 0


def test_all_of_the_views_are_shown() -> None:
    """Each of the five has a panel that reads it."""
    read = " ".join(panel["targets"][0]["rawSql"] for panel in PANELS.values())
    assert [view for view in VIEWS if not re.search(rf"\bFROM {view}\b", read)] == []


def test_the_login_reads_everything_and_changes_nothing(filled: Filled) -> None:
    """The role that the provisioning names is one that `hooktrace schema roles` makes."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        filled.connection.execute("DELETE FROM execution_traces")
    assert "hooktrace_auditor" in (GRAFANA / "provisioning/datasources/hooktrace.yaml").read_text()


def test_the_files_fit_together() -> None:
    """The data source that is provisioned is the one that panels ask; no password stands in a file."""
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/hooktrace.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/hooktrace.yaml").read_text())["providers"]
    asked = {panel["datasource"]["type"] for panel in PANELS.values()} | {VARIABLES["datasource"]["query"]}
    assert asked == {source["type"]}
    assert {panel["datasource"]["uid"] for panel in PANELS.values()} == {"${datasource}"}
    assert VARIABLES["datasource"]["current"]["value"] == source["uid"]
    assert source["secureJsonData"]["password"] == "$HOOKTRACE_GRAFANA_PASSWORD"  # noqa: S105
    readme = (GRAFANA / "README.md").read_text()
    assert provider["options"]["path"] in readme
    named = [*re.findall(r"\$(HOOKTRACE_GRAFANA_\w+)", json.dumps(source))]
    assert len(named) == 5 and all(name in readme for name in named)
    assert len({panel["id"] for panel in PANELS.values()}) == len(DASHBOARD["panels"]) == len(PANELS)
