"""A mistake in the configuration is answered with file, line, key, what is allowed and meant."""

from pathlib import Path
from typing import Any

import pytest

from est_pipeline.config import read_configuration
from est_pipeline.domain.kinds import FreeText, Kind, Rhythm
from est_pipeline.errors import ConfigError, WorkspaceError

MISTAKES = [
    # file, what stands there, what stands there instead, what the answer says
    ("est.toml", 'namn = "Linköpings kommun"', 'nam = "Linköpings kommun"', "namn"),
    ("est.toml", "historik_veckor = 26", "historik_veckor = 2", "minst 4"),
    ("est.toml", "historik_veckor = 26", 'historik_veckor = "många"', "heltal"),
    ("est.toml", 'dag = "måndag"', 'dag = "mandag"', "Menade du måndag"),
    ("est.toml", 'tidszon = "Europe/Stockholm"', 'tidszon = "Europe/Linköping"', "finns inte"),
    ("est.toml", 'plant_koordinatsystem = "EPSG:3006"', 'plant_koordinatsystem = "RT91"', "EPSG"),
    ("est.toml", "historik_veckor = 26", "historik_vecor = 26", "Menade du historik_veckor"),
    ("est.toml", 'dag = "måndag"', "dag = måndag", "går inte att tolka"),
    ("est.toml", "hogst_minuter = 60", "hogst_minuter = 200", "tveksam_minuter"),
    ("est.toml", "hogst_meter = 100", "hogst_meter = -1", "minst 0"),
    ("est.toml", '["brand", "skadegorelse"]', '["brand", "skadegorels"]', "Menade du skadegorelse"),
    ("est.toml", 'senast = "09:00"', 'senast = "nio"', "klockslaget"),
    ("est.toml", 'webbkarta = ""', 'webbkarta = "http://x.se/{z}/{x}/{y}"', "https://"),
    ("est.toml", 'webbkarta = ""', 'webbkarta = "https://x.se/{z}/{x}/{y}"', "webbkartans_upphov"),
    ("kallor/stangastaden.toml", 'rytm = "vecka"', 'rytm = "veckovis"', "Menade du vecka"),
    ("kallor/stangastaden.toml", 'slag = "handelse"', 'slag = "brott"', "miljoarende"),
    ("kallor/stangastaden.toml", 'fritext = "kastas"', 'fritext = "spara"', "maskeras"),
    ("kallor/stangastaden.toml", 'kategori = "Kod"', 'kategory = "Kod"', "menade du kategori"),
    ("kallor/stangastaden.toml", '"S10" = "skadegorelse"', '"S10" = "skadegorels"', "Menade du"),
    ("kallor/stangastaden.toml", 'forvaltning = "stangastaden"', 'forvaltning = "x"', "Tillåtna"),
    ("kallor/mos.toml", '"skadegorelse" = "miljoarende"', '"klotter" = "miljoarende"', "Tillåtna"),
    ("kallor/polisen-api.toml", '"vald_och_hot/ran"', '"vald_och_hot/rån"', "Menade du"),
    ("kallor/polisen-api.toml", "slutar_med = ", "slutar = ", "slutar_med"),
    ("kallor/polisen-api.toml", "(?P<start_text>", "(?P<start_text", "reguljärt"),
    ("est.toml", 'fran = "est-gruppen"', 'fran = "est-grupen"', "Menade du est-gruppen"),
    ("referens/kategorier.toml", 'kod = "brand"', 'kod = "skadegorelse"', "två gånger"),
]


@pytest.mark.parametrize(
    ("file", "right", "wrong", "answer"), MISTAKES, ids=[f"{m[0]} {m[2]}" for m in MISTAKES]
)
def test_a_mistake_is_answered_with_the_mend(
    workspace: Any, file: str, right: str, wrong: str, answer: str
) -> None:
    path = workspace.paths.data / file
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_configuration(workspace.root)
    said = str(caught.value)
    assert f"data/{file}" in said
    assert answer in said


def test_the_line_is_the_one_in_the_editor(workspace: Any) -> None:
    path = workspace.paths.settings
    text = path.read_text(encoding="utf-8").replace("historik_veckor = 26", "historik_veckor = 2")
    path.write_text(text, encoding="utf-8")
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row == "historik_veckor = 2")
    with pytest.raises(ConfigError, match=rf"rad {line}, nyckeln perioder.historik_veckor"):
        read_configuration(workspace.root)


def test_several_mistakes_are_said_at_once(workspace: Any) -> None:
    path = workspace.paths.settings
    text = path.read_text(encoding="utf-8")
    text = text.replace("historik_veckor = 26", "historik_veckor = 2").replace(
        'dag = "måndag"', 'dag = "mandag"'
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_configuration(workspace.root)
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_file_and_a_folder_that_is_no_workspace(workspace: Any, tmp_path: Path) -> None:
    (workspace.paths.data / "referens" / "kategorier.toml").unlink()
    with pytest.raises(ConfigError, match=r"kategorier\.toml saknas"):
        read_configuration(workspace.root)
    with pytest.raises(WorkspaceError, match="est init"):
        read_configuration(tmp_path)


def test_a_source_listed_without_a_file_reports_on_the_form(workspace: Any) -> None:
    path = workspace.paths.settings
    path.write_text(path.read_text(encoding="utf-8") + '\nnykalla = "Ny källa"\n', encoding="utf-8")
    source = read_configuration(workspace.root).sources["nykalla"]
    assert (source.name, source.kind, source.rhythm, source.free_text) == (
        "Ny källa",
        Kind.INCIDENT,
        Rhythm.WEEKLY,
        FreeText.DROP,
    )
    assert not source.columns


def test_the_checksum_follows_what_decides_a_page_but_not_line_ends(workspace: Any) -> None:
    first = read_configuration(workspace.root).checksum
    path = workspace.paths.data / "referens" / "platser.csv"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"\n", b"\r\n"))
    assert read_configuration(workspace.root).checksum == first
    path.write_bytes(content + b"ny;Ny plats;;torg;58.41;15.62;50;prov\n")
    assert read_configuration(workspace.root).checksum != first
