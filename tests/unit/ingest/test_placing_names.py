"""Names of places as people write them, against the gazetteer that comes with the package."""

import random
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from est_pipeline.config import COLUMN_KEYS, read_configuration
from est_pipeline.deliveries import read_reference
from est_pipeline.domain.geography import read_places
from est_pipeline.domain.text import fold
from est_pipeline.ingest.intake import Reference
from est_pipeline.ingest.placing.names import NameIndex, Way
from est_pipeline.ingest.placing.reports import place_reports, place_texts
from est_pipeline.ingest.placing.search import NameFinder, build_sieve
from est_pipeline.workspace import write_workspace

LETTERS = "abcdefghijklmnoprstuvxyåäö"

FOUND = {
    # misspelt
    "Skägetorps centrum": "skaggetorps-centrum",
    "Skäggetorps centum": "skaggetorps-centrum",
    "Skäggetrops centrum": "skaggetorps-centrum",
    "skäggetorps cemtrum": "skaggetorps-centrum",
    "Bärga centrum": "berga-centrum",
    "Ekholmens centrm": "ekholmens-centrum",
    "Johanelunds centrum": "johannelunds-centrum",
    "Taneforss centrum": "tannefors-centrum",
    "Björnkärskolan": "bjornkarrsskolan",
    "Bjönkärrsskolan": "bjornkarrsskolan",
    "Folkungeskolan": "folkungaskolan",
    "Berzeliuskolan": "berzeliusskolan",
    "Berselius gymnasium": "berzeliusskolan",
    "Kattedralskolan": "katedralskolan",
    "Anders Ljungstets gymnasium": "anders-ljungstedts-gymnasium",
    "Trädgårdstoget": "tradgardstorget",
    "Drotningtorget": "drottningtorget",
    "Hugo Teorells torg": "hugo-theorells-torg",
    "Trädgårdsföreniggen": "tradgardsforeningen",
    "Slottparken": "slottsparken",
    "Domkyrkparken": "domkyrkoparken",
    "Valaskogen": "vallaskogen",
    "Länstyrelsen": "lansstyrelsen",
    "Rusthållargården": "rusthallaregarden",
    "Nämdemansgården": "namndemansgarden",
    "Folkungavalen": "folkungavallen",
    "Tinnerbäcksbaddet": "tinnerbacksbadet",
    "Universitetsjukhuset": "universitetssjukhuset",
    "Campus Vala": "campus-valla",
    "Västr Valla": "vastra-valla",
    "Linköpings resecentrm": "linkopings-resecentrum",
    "Repslagargatan": "repslagaregatan",
    "Snickargatan": "snickaregatan",
    "Malmslättvägen": "malmslattsvagen",
    "Norköpingsvägen": "norrkopingsvagen",
    "Grenadjergatan": "grenadjargatan",
    "Hejdgården": "hejdegarden",
    "Vallarondelen": "vallarondellen",
    "Södra Oskarsgatn": "sodra-oskarsgatan",
    "Sank Larsgatan": "sankt-larsgatan",
    # inflected, run together, turned round
    "vid Skäggetorps centrumet": "skaggetorps-centrum",
    "Skäggetorp centret": "skaggetorps-centrum",
    "Skäggetorpscentrum": "skaggetorps-centrum",
    "centrum i Skäggetorp": "skaggetorps-centrum",
    "Skäggetorp, centrum": "skaggetorps-centrum",
    "Rydscentrum": "ryds-centrum",
    "Ryds center": "ryds-centrum",
    "centrumet i Ryd": "ryds-centrum",
    "Ryds herrgården": "ryds-herrgard",
    "bakom Ryds herrgårds": "ryds-herrgard",
    "Herrgården i Ryd": "ryds-herrgard",
    "Berga hagen": "berga-hage",
    "Berga kullen": "berga-kulle",
    "Saab-arenan": "saab-arena",
    "Linköpings arenan": "linkoping-arena",
    "Tullbro": "tullbron",
    "Garnison": "garnisonen",
    "Tinnerbäcks badet": "tinnerbacksbadet",
    "Bergvägen": "bergsvagen",
    "Kungs gatan": "kungsgatan",
    "Hugo Theorells torget": "hugo-theorells-torg",
    "Ikean": "ikea",
    # shortened
    "Skäggetorps C": "skaggetorps-centrum",
    "Skägetorps C": "skaggetorps-centrum",
    "Berga c": "berga-centrum",
    "Ekholmens ctr": "ekholmens-centrum",
    "Drottningg. 12": "drottninggatan",
    "Nyg. 3": "nygatan",
    "Storgat. 5": "storgatan",
    "Vasav. 14": "vasavagen",
    "Rydsv 9": "rydsvagen",
    "S:t Lars g. 4": "sankt-larsgatan",
    "S. Oskarsgatan": "sodra-oskarsgatan",
    "St:a torget": "stora-torget",
    "V Valla": "vastra-valla",
    "Berzelius gymn.": "berzeliusskolan",
    # in the middle of something
    "intill Folkungavalen, södra sidan": "folkungavallen",
    "i närheten av Ramshäl": "ramshall",
    "mellan Skägetorps C och busshållplatsen": "skaggetorps-centrum",
    "utanför entrén på Berzeliuskolan": "berzeliusskolan",
}

FOUND_DISTRICTS = {
    "Skäggetorpp": "skaggetorp",
    "Skägetorp": "skaggetorp",
    "Skäggetorpsomr.": "skaggetorp",
    "inne i Rydsområde": "ryd",
    "Citys": "city",
    "Cityt": "city",
    "Bergas": "berga",
    "Innerstan i Lnköpings centrum": "city",
}

NOT_FOUND = (
    """
Skäggetorpsskolan|Skäggetorpskyrkan|Skäggetorpsvägen|Skäggetorpsparken|Skäggetorpshallen
Bergsgatan|Bergavägen|Bergagatan|Bergaskolan|Bergakyrkan|Berget|Bergen|Bergsrondellen
Rydskolan|Rydhallen|Rydsgatan|Rydskyrkan|Ryda|Rydet|Rydén|Ryk|Rud|Ruds centrum|Åby centrum
Norra Oskarsgatan|Östra Oskarsgatan|N Oskarsgatan|Oskarsgatan|Västgötagatan|Västergötlandsgatan
Kungsvägen|Kungsparken|Kungsbergsgatan|Kungsgården|Kung|Drottningvägen|Drottningparken
Hamnvägen|Hamntorget|Storvägen|Storängen|Nyvägen|Nygård|Nytorget|Nystadsgatan
Vasagatan|Vasaparken|Vasaskolan|Klostervägen|Klosterkyrkan|Domkyrkan|Domkyrkogatan
Slottsgatan|Slottet|Trädgårdsgatan|Trädgårdsvägen|Katedralparken|Folkungagatan|Folkungaparken
Berzeliusparken|Berzeliusgatan|Linköpings stadion|Linköpings slott|Universitetsgatan
Lambohovsvägen|Lambohovsskolan|Kallerstadsskolan|Brokindsvägen|Åtvidabergsgatan|Nyköpingsvägen
Jönköpingsvägen|Malmskogen|Tornhagsskolan|Vallaskolan|Vallagatan|Vallavägen|Vallahallen
Snestadsskolan|Johannelundsskolan|Ekholmsskolan|Ekholmsvägen|Tanneforsskolan|Gottorpsvägen
Mellangårdsgatan|Skattegårdsgatan|Nämndemansgatan|Hejdegatan|Garnisonsvägen|Regementsvägen
okänd plats|parkering|busshållplats|gården|centrum|skolan|torget|gatan|lekplatsen|utomhus|vet ej
hos Anders|hemma|Norrköping|Mjölby|Motala|Stockholm C|Lyckan|Barhäll|Hackspettsgatan
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return read_places(write_workspace(tmp_path_factory.mktemp("a")).data / "referens/platser.csv")


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    root = tmp_path_factory.mktemp("b")
    write_workspace(root)
    return read_reference(read_configuration(root))


@pytest.fixture(scope="module")
def look_up(reference: Reference):
    def placed(texts: list[str], similarity: float = 88) -> pd.DataFrame:
        series = pd.Series(texts, dtype="str")
        result = place_texts(series, gazetteer=reference.gazetteer, similarity=similarity)
        return result.set_axis(texts)

    return placed


@pytest.fixture(scope="module")
def answer(reference: Reference, tmp_path_factory: pytest.TempPathFactory):
    """Places reports from the few cells that matter; gives the frame and the matches."""
    root = tmp_path_factory.mktemp("c")
    write_workspace(root)
    source = read_configuration(root).sources["tib"]

    def placed(rows: list[dict[str, object]], similarity: float = 88):
        text = ["place", "address", "district_name", *(COLUMN_KEYS[k] for k in source.place_text)]
        types = dict.fromkeys(text, "str") | {"lon": "float64", "lat": "float64"}
        reports = pd.DataFrame(rows, columns=list(types), index=range(7, 7 + len(rows)))
        return place_reports(
            reports.astype(types),
            gazetteer=reference.gazetteer,
            districts=reference.districts,
            source=source,
            similarity=similarity,
        )

    return placed


def test_misspelt_inflected_and_shortened_names_are_found(look_up) -> None:
    assert len(FOUND) >= 60
    placed = look_up(list(FOUND))["place_id"]
    assert {t: placed[t] for t in FOUND if placed[t] != FOUND[t]} == {}


def test_names_of_districts_are_found_too(look_up) -> None:
    placed = look_up(list(FOUND_DISTRICTS))
    assert placed["district_id"].to_dict() == FOUND_DISTRICTS
    assert set(placed["placing"]) == {"district"}


def test_what_only_looks_like_a_name_is_not_taken_for_it(look_up) -> None:
    assert len(NOT_FOUND) >= 60
    assert len(set(NOT_FOUND)) == len(NOT_FOUND)
    placed = look_up(NOT_FOUND)
    wrong = placed.loc[placed["placing"] != "none", ["district_id", "place_id"]]
    assert wrong.to_dict("index") == {}


def test_a_higher_threshold_finds_less_and_100_only_inflection(look_up) -> None:
    texts = ["Skägetorps centrum", "Rydscentrum", "Storgaten"]
    assert look_up(texts, 88)["placing"].tolist() == ["place", "place", "place"]
    assert look_up(texts, 93)["placing"].tolist() == ["place", "place", "none"]
    assert look_up(texts, 100)["placing"].tolist() == ["none", "place", "none"]


def one_edit(word: str, rng: random.Random) -> str:
    at = rng.randrange(len(word) - 1)
    return rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + rng.choice(LETTERS) + word[at:],
            word[:at] + rng.choice(LETTERS) + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_wrong_letter_in_any_longer_name(look_up, places: pd.DataFrame, seed: int) -> None:
    rng = random.Random(seed)
    names = places[places["name"].str.len() >= 8]
    expected = {
        one_edit(name, rng): place_id
        for place_id, name in zip(names["place_id"], names["name"], strict=True)
        for _ in range(12)
    }
    placed = look_up(list(expected))["place_id"]
    wrong = {t: placed[t] for t in expected if placed[t] == placed[t] and placed[t] != expected[t]}
    assert wrong == {}
    assert sum(placed[t] == expected[t] for t in expected) >= 0.95 * len(expected)


def test_what_could_be_two_places_is_neither_and_said(answer) -> None:
    placed, matches = answer([{"place": "Snestadsskolan"}, {"place": "Snestadsskolan"}])
    assert placed["placing"].tolist() == ["none", "none"]
    [match] = matches.to_dict("records")
    assert match["way"] == Way.SEVERAL
    assert match["name"] == "Ånestadsskolan eller Slestadsskolan"
    assert match["row_count"] == 2


def test_each_way_is_counted_and_an_inexact_one_named(answer) -> None:
    _, matches = answer(
        [
            {"place": "Stora torget"},
            {"place": "STORA  TORGET"},
            {"place": "vid Stora torget"},
            {"place": "Skägetorps C"},
            {"place": "Skägetorps C"},
            {"address": "Storg. 5 lgh 1203"},
            {"place": "ingenstans"},
        ]
    )
    found = matches.set_index("way")
    assert found["row_count"].to_dict() == {
        "exact": 1,
        "folded": 1,
        "within": 1,
        "alike": 2,
        "inflected": 1,
    }
    assert found.loc["alike", ["text", "name", "score"]].tolist() == [
        "Skägetorps C",
        "Skäggetorps centrum",
        95,
    ]
    # the number of a house or flat is not repeated
    assert found.loc["inflected", "text"] == "Storg."


def test_texts_that_fold_alike_are_all_placed(answer) -> None:
    placed, _ = answer([{"place": "Tornhaoen"}, {"place": "tornhaöen"}, {"place": "TORNHAOEN"}])
    assert placed["place_id"].tolist() == ["tornhagen"] * 3


def test_a_stated_district_outweighs_a_likeness_elsewhere(answer) -> None:
    rows = [
        {"place": "Skägetorps centrum", "district_name": "Skäggetorp"},
        {"place": "Skägetorps centrum", "district_name": "Ryd"},
        {"place": "Ryd", "address": "Skäggetorpsgaten 5"},
        {"place": "Skäggetorp", "address": "Skäggetorpsgaten 5"},
        {"place": "Skägetorps gränd i Ryd, Fogdegatn"},
    ]
    placed, _ = answer(rows)
    assert placed["district_id"].tolist() == ["skaggetorp", "ryd", "ryd", "skaggetorp", "ryd"]
    assert placed["placing"].tolist() == ["place", "district", "district", "address", "district"]


def test_an_exact_name_in_the_address_goes_before_a_likeness_in_the_place(answer) -> None:
    placed, _ = answer([{"place": "Folkungavalen", "address": "Nygatan 5"}])
    assert placed["place_id"].tolist() == ["nygatan"]


def test_an_address_has_the_precision_of_its_street(answer, places: pd.DataFrame) -> None:
    placed, _ = answer([{"address": "Nygatan 12 lgh 1203"}, {"address": "Nygaten 12"}, {}])
    street = places.set_index("place_id").loc["nygatan"]
    assert placed["placing"].tolist() == ["address", "none", "none"]
    assert placed["precision_m"].tolist()[0] == street["precision_m"]


def test_a_point_keeps_its_coordinates_and_takes_the_name(answer) -> None:
    placed, _ = answer(
        [
            {"lon": 15.5827, "lat": 58.4271, "place": "skäggetorps centrum"},
            {"lon": 15.5827, "lat": None, "place": "okänd"},
        ]
    )
    first, second = placed.to_dict("records")
    assert (first["placing"], first["district_id"]) == ("coordinates", "skaggetorp")
    assert (first["place_id"], first["lon"]) == ("skaggetorps-centrum", 15.5827)
    assert (second["placing"], second["district_id"]) == ("none", "oplacerad")


def test_free_text_is_read_for_listed_names_only(answer) -> None:
    placed, matches = answer(
        [
            {"free_text": "Gäng vid STORA TORGET i Ryd"},
            {"free_text": "Gäng i Ryds utkant"},
            {"free_text": "Gäng vid Skägetorps centrum"},
            {"free_text": "Ga\u0308ng vid Tra\u0308dga\u030ardstorget"},
        ]
    )
    assert placed["placing"].tolist() == ["text_place", "text_district", "none", "text_place"]
    assert placed["place_id"].tolist()[-1] == "tradgardstorget"
    assert matches.empty


# --- the search within texts ---------------------------------------------------------------------

WORDS = st.text(st.sampled_from("abåäösS :.-"), min_size=1, max_size=5)


@given(
    st.lists(WORDS, min_size=1, max_size=5), st.text(st.sampled_from("abåäösS :.-1"), max_size=25)
)
def test_the_search_gives_what_a_pattern_of_all_names_gives(names: list[str], text: str) -> None:
    words = sorted({fold(n) for n in names if fold(n)[:1].isalnum()}, key=lambda w: (-len(w), w))
    folded = fold(text)
    found = NameFinder(words).first(folded)
    pattern = "|".join(map(re.escape, words)) if words else r"(?!)"
    match = re.search(rf"(?<![^\W_])({pattern})s?(?![^\W_])", folded)
    assert (words[found] if found >= 0 else None) == (match[1] if match else None)


@given(
    st.lists(WORDS, min_size=1, max_size=5),
    st.text(st.sampled_from("abåäöàsS\u0308\u00a0 :.x"), max_size=25),
)
def test_the_sieve_lets_every_hit_through(names: list[str], text: str) -> None:
    import pyarrow as pa

    words = [fold(n) for n in names if fold(n)[:1].isalnum()]
    if words and NameFinder(words).first(fold(text)) >= 0:
        assert build_sieve(words).passing(pa.array([text])).tolist() == [0]


def test_the_sieve_stays_fast_and_whole_with_many_names() -> None:
    """A pattern of a few hundred names more made RE2 a hundred times slower."""
    import time

    import pyarrow as pa

    rng = random.Random(1)
    syllables = ["ba", "ko", "ri", "sten", "lund", "berg", "tor", "ny", "vall", "ek", "hag"]
    names = sorted({"".join(rng.choices(syllables, k=3)) + "gatan" for _ in range(3000)})
    texts = [f"ungdomar i {'rökte bakom huset '}{n}" for n in range(20_000)]
    texts[5] = f"bråk vid {names[7]} igen"
    sieve = build_sieve([fold(name) for name in names])
    before = time.process_time()
    assert sieve.passing(pa.array(texts)).tolist() == [5]
    assert time.process_time() - before < 2


def test_a_name_that_leads_to_two_places_by_inflection_leads_to_none() -> None:
    index = NameIndex(("berga gard", "bergagarden"), ("a", "b"))
    found = index.recognise({"berga garden": ""}, similarity=100)["berga garden"]
    assert (found.way, found.word, found.candidates) == (
        Way.SEVERAL,
        "",
        ("berga gard", "bergagarden"),
    )
