"""Personal data in any column of any row: nowhere outside the archive."""

from typing import Any

import duckdb
import pandas as pd
import pytest

NUMBER = "19121212-1212"  # Tolvan Tolvansson, the tax agency's own test person
PHONE = "070-174 06 05"  # a number kept free for film and fiction
MAIL = "tolvan@example.se"
COLUMNS = [
    "rapport_id",
    "rapporttyp",
    "start",
    "slut",
    "inrapporterad",
    "kategori",
    "underkategori",
    "allvarlighetsgrad",
    "plats",
    "adress",
    "lat",
    "lon",
    "platstyp",
    "antal_händelser",
    "åtgärd_vidtagen",
    "fritext",
    "ersätter_rapport_id",
    "egen kolumn",
]


def everything_outside_the_archive(workspace: Any) -> dict[str, str]:
    found = {}
    for file in workspace.root.rglob("*"):
        if file.is_dir() or workspace.paths.archive in file.parents:
            continue
        found[f"name of {file}"] = file.name
        if file.suffix == ".duckdb":
            with duckdb.connect(str(file), read_only=True) as connection:
                tables = connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()
                for (table,) in tables:
                    rows = connection.sql(f'SELECT * FROM "{table}"').to_arrow_table()
                    found[f"{file}: {table}"] = str(rows.to_pylist())
        elif file.suffix == ".parquet":
            found[str(file)] = pd.read_parquet(file).astype("str").to_csv()
        else:
            found[str(file)] = file.read_text(encoding="utf-8")
    return found


@pytest.mark.parametrize("column", COLUMNS)
def test_planted_in_each_column(workspace: Any, column: str) -> None:
    good = {"rapport_id": "r1", "start": "2026-11-16 21:30", "kategori": "brand"}
    rows = [
        good | {column: NUMBER},
        good | {"rapport_id": "r2", column: f"ring {PHONE} {MAIL}"},
        good | {"rapport_id": "r3", "kategori": "finns inte", column: f"{NUMBER} {PHONE} {MAIL}"},
    ]
    lines = [";".join(row.get(name, "") for name in COLUMNS) for row in rows]
    lines.append(";".join([f"{NUMBER} {PHONE}"] * (len(COLUMNS) + 1)))  # too many fields
    text = "\n".join([";".join(COLUMNS), *lines]) + "\n"
    workspace.drop("tib", f"{NUMBER} {MAIL}.csv", text)
    [receipt] = workspace.take_in()
    assert receipt.rows_read == 4
    for where, content in everything_outside_the_archive(workspace).items():
        for secret in (NUMBER, NUMBER.replace("-", ""), PHONE, MAIL):
            assert secret not in content, where
