"""One large file: ours against DuckDB merely loading it, and against the usual notebook."""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.made_up_rows import write_rows
from tests.benchmarks.whole_process import Measured, measure

HERE = "tests.benchmarks.ingest"


def load_with_duckdb(file: str, database: str) -> None:
    """The floor: the file in a table, nothing looked at."""
    import duckdb

    with duckdb.connect(database) as connection:
        connection.execute(
            "CREATE TABLE report AS FROM read_csv(?, delim = ';', header = true)", [file]
        )


def run_the_usual_notebook(file: str, districts: str) -> None:
    """The peer: read, mask, check, place and count with pandas, as notebooks do; nothing kept."""
    import geopandas as gpd
    import pandas as pd
    import pandera.pandas as pa

    frame = pd.read_csv(file, sep=";", dtype="str")
    for pattern, mark in (
        (r"\b(?:19|20)?\d{6}[-+ ]?\d{4}\b", "[personnummer]"),
        (r"(?:\+46|0)\s?7\d[-\s]?\d{3}[\s]?\d{2}[\s]?\d{2}", "[telefon]"),
        (r"[\w.+-]+@[\w-]+\.[\w.]+", "[e-post]"),
        (r"\b[A-Z]{3}\s?\d{2}[A-Z0-9]\b", "[registreringsnummer]"),
        (r"\blgh\s?\d{3,4}\b", "[lägenhet]"),
    ):
        frame["fritext"] = frame["fritext"].str.replace(pattern, mark, regex=True)
    for name in ("start", "inrapporterad"):
        frame[name] = (
            pd.to_datetime(frame[name], errors="coerce")
            .dt.tz_localize("Europe/Stockholm", ambiguous="NaT", nonexistent="NaT")
            .dt.tz_convert("UTC")
        )
    for name in ("lat", "lon"):
        frame[name] = pd.to_numeric(frame[name].str.replace(",", "."), errors="coerce")
    schema = pa.DataFrameSchema(
        {
            "start": pa.Column(nullable=True),
            "kategori": pa.Column("str", pa.Check.str_length(1, 100)),
            "allvarlighetsgrad": pa.Column("str", pa.Check.isin(["1", "2", "3", "4"])),
            "lat": pa.Column(float, pa.Check.in_range(55, 70), nullable=True),
            "lon": pa.Column(float, pa.Check.in_range(10, 25), nullable=True),
        }
    )
    schema.validate(frame, lazy=True)
    areas = gpd.read_file(districts)
    points = gpd.GeoDataFrame(
        frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs="EPSG:4326"
    )
    placed = gpd.sjoin(points, areas[["geometry"]], predicate="within", how="left")
    week = placed["start"].dt.tz_convert("Europe/Stockholm").dt.strftime("%G-W%V")
    placed.groupby([week, "index_right", "kategori"]).size()


def take_in(file: str, root: str) -> None:
    """Ours: masked, checked, placed, kept, answered and published."""
    from est_pipeline.config import read_configuration
    from est_pipeline.pipeline import ingest
    from est_pipeline.workspace import write_workspace

    paths = write_workspace(Path(root))
    (paths.inbox / "tib" / "rapporter.csv").hardlink_to(file)
    [(receipt, _)] = ingest(
        read_configuration(Path(root)), as_of=datetime(2026, 11, 23, 8, tzinfo=UTC)
    ).taken_in.receipts
    if receipt.accepted_count != receipt.rows_read or not receipt.rows_read:
        raise AssertionError(receipt.verdict)


def compare(rows: int, folder: Path) -> dict[str, Measured]:
    """Measure all three on the same file."""
    file = write_rows(folder / "rapporter.csv", rows)
    districts = (
        Path(__file__).resolve().parents[2] / "est_pipeline/defaults/referens/stadsdelar.geojson"
    )
    return {
        "DuckDB loads the file": measure(
            f"{HERE}:load_with_duckdb", file=str(file), database=str(folder / "floor.duckdb")
        ),
        "the usual notebook": measure(
            f"{HERE}:run_the_usual_notebook", file=str(file), districts=str(districts)
        ),
        "est ingest": measure(f"{HERE}:take_in", file=str(file), root=str(folder / "workspace")),
    }


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        found = compare(rows, Path(folder))
    ours = found["est ingest"]
    for name, measured in found.items():
        print(
            f"{name:24}{measured.seconds:8.1f} s {measured.peak_mib:8.0f} MiB   "
            f"ours takes {ours.seconds / measured.seconds:5.2f} times as long"
        )


if __name__ == "__main__":
    main()
