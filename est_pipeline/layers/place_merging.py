"""New places beside those that the gazetteer has: known, new, or another place of the same name.

A name that leads to two spots leads nowhere, so the later one gets a qualifier in its name and a
note says so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd

from est_pipeline.domain.geography import WGS84, districts_of_points
from est_pipeline.domain.text import counted, fold, fold_series, slug
from est_pipeline.layers.place_lists import SAME_PLACE_M
from est_pipeline.layers.reading import clean_word
from est_pipeline.layers.writing import DECIMALS

OTHER_TYPE = "plats"

_MOST_NAMED = 5
COLUMNS = ("plats_id", "namn", "alias", "typ", "lat", "lon", "noggrannhet_m", "ursprung")
"""Of `platser.csv`."""
_ID_SHAPE = re.compile(r"(?=.*[a-z])[a-z0-9][a-z0-9_-]{0,79}")


def merge_places(
    new: pd.DataFrame,
    *,
    former: pd.DataFrame,
    districts: gpd.GeoDataFrame,
    metric_crs: str,
    origin: str,
    replace: bool = False,
) -> tuple[pd.DataFrame, list[str]]:
    """Put new places to the gazetteer.

    A place is known where its id, or its folded name or alias, stands there within 300 m. The
    same name elsewhere gets a qualifier: its type, its district or a number.

    Args:
        new: as `read_place_list` gives them.
        former: the gazetteer as text, in the columns of `platser.csv`.
        districts: as `read_districts` gives them; they qualify names.
        metric_crs: the system that distances are measured in.
        origin: what `ursprung` says of the new places.
        replace: give known places the new position, precision and type.

    Returns:
        The gazetteer as text: the former rows in their order, then the new ones by name; and
        notes in Swedish.
    """
    new = new.reset_index(drop=True).assign(
        place_type=new["place_type"].fillna(OTHER_TYPE).to_numpy()
    )
    new["east"], new["north"] = _metres(new["lon"], new["lat"], metric_crs=metric_crs)
    words = _known_words(former, metric_crs=metric_crs)
    folded = fold_series(new["name"])
    known = _match(folded, new, words)
    by_id = _match_id(new, words)
    known = known.fillna(by_id)
    is_open = known.isna()
    # two spots of one name, here or in the gazetteer: the bare name leads nowhere
    is_taken = folded.isin(words["word"])
    is_double = folded.duplicated(keep=False)
    shown = new["name"].copy()
    clash = is_open & (is_taken | is_double)
    if clash.any():
        shown, known = _qualify(
            new, clash=clash, known=known, words=words, districts=districts, is_taken=is_taken
        )
    notes = _merge_notes(new, shown, known=known, clash=clash, replace=replace)
    fresh = known.isna()
    added = _as_rows(new[fresh], shown[fresh], former=former, origin=origin)
    kept = former.copy()
    if replace and (~fresh).any():
        kept = _updated(kept, new[~fresh], known[~fresh].astype("int64"), origin=origin)
    columns = [*former.columns, *(c for c in COLUMNS if c not in former.columns)]
    merged = pd.concat([kept, added], ignore_index=True).reindex(columns=columns).fillna("")
    shadowed = fold_series(shown[fresh]).isin(fold_series(districts["name"].astype("str")))
    if shadowed.any():
        notes.append(
            f"{_some(shown[fresh][shadowed])} heter som en stadsdel: rapporter som bara nämner "
            "namnet hamnar i stadsdelen, inte på platsen."
        )
    return merged, notes


def _metres(lon: pd.Series, lat: pd.Series, *, metric_crs: str) -> tuple[pd.Series, pd.Series]:
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=WGS84, index=lon.index)
    there = points.to_crs(metric_crs)
    return there.x, there.y


def _known_words(former: pd.DataFrame, *, metric_crs: str) -> pd.DataFrame:
    """Give every name and alias of the gazetteer: `word`, `row`, id, type and point in metres."""
    lon, lat = (
        pd.to_numeric(former[name].str.replace(",", "."), errors="coerce").astype("float64")
        for name in ("lon", "lat")
    )
    east, north = _metres(lon, lat, metric_crs=metric_crs)
    words = pd.DataFrame(
        {
            "word": [
                [name, *aliases.split("|")]
                for name, aliases in zip(former["namn"], former["alias"].fillna(""), strict=True)
            ],
            "row": np.arange(len(former)),
            "place_id": former["plats_id"],
            "place_type": former["typ"],
            "east": east,
            "north": north,
        }
    ).explode("word", ignore_index=True)
    words["word"] = fold_series(words["word"].astype("str"))
    return words.loc[words["word"].ne("")].reset_index(drop=True)


def _match(folded: pd.Series, new: pd.DataFrame, words: pd.DataFrame) -> pd.Series:
    """Give the row of the gazetteer with the same word within 300 m, the nearest; else missing."""
    left = pd.DataFrame({"word": folded, "n": new.index, "e1": new["east"], "n1": new["north"]})
    both = left.merge(words, on="word", how="inner", validate="m:m")
    both["distance_m"] = np.hypot(both["east"] - both["e1"], both["north"] - both["n1"])
    near = both.loc[both["distance_m"].le(SAME_PLACE_M)].sort_values(["n", "distance_m", "row"])
    found = near.drop_duplicates("n").set_index("n")["row"]
    return found.reindex(new.index).astype("float64")


def _match_id(new: pd.DataFrame, words: pd.DataFrame) -> pd.Series:
    """Give the row with the same id within 300 m; a bare number is nobody's id."""
    rows = words.drop_duplicates("row")
    ids = new["place_id"].astype("str").where(new["place_id"].map(_is_id))
    return _match(ids.astype("str"), new, rows.assign(word=rows["place_id"]).dropna(subset="word"))


def _is_id(text: object) -> bool:
    return isinstance(text, str) and _ID_SHAPE.fullmatch(text) is not None


def _qualify(
    new: pd.DataFrame,
    *,
    clash: pd.Series,
    known: pd.Series,
    words: pd.DataFrame,
    districts: gpd.GeoDataFrame,
    is_taken: pd.Series,
) -> tuple[pd.Series, pd.Series]:
    """Give names that lead to several spots a qualifier that tells them apart."""
    shown, known = new["name"].copy(), known.copy()
    names = districts.set_index("district_id")["name"].astype("str")
    where = districts_of_points(new["lon"], new["lat"], districts=districts, rest_id="")
    district = where.map(names).astype("str")
    folded = fold_series(new["name"])
    pairs = set(zip(words["word"], words["place_type"].fillna("").map(fold), strict=True))
    other_type = pd.Series(
        [(w, fold(t)) not in pairs for w, t in zip(folded, new["place_type"], strict=True)],
        index=new.index,
    )
    is_single = ~folded.where(clash).duplicated(keep=False)
    by_type = new["place_type"].where(is_taken & is_single & other_type)
    # where the gazetteer has the bare name, the new one is the second
    number = folded.groupby(folded).cumcount().add(1) + is_taken.astype("int64")
    tries: list[pd.Series] = [by_type, district.where(district.ne("").fillna(False))]
    waiting = clash.copy()
    for qualifier in tries:
        name = (new["name"] + " (" + qualifier + ")").where(waiting & qualifier.notna())
        word = fold_series(name.astype("str"))
        again = _match(word, new, words)
        is_free = name.notna() & ~word.isin(words["word"]) & ~word.duplicated(keep=False)
        done = is_free | again.notna()
        shown, known = shown.where(~done, name), known.fillna(again)
        waiting &= ~done
    taken = set(words["word"].dropna()) | set(fold_series(shown[~waiting]))
    step = 0
    while waiting.any():
        name = (new["name"] + " (" + (number + step).astype("str") + ")").where(waiting)
        word = fold_series(name.astype("str"))
        again = _match(word, new, words)
        is_free = name.notna() & ~word.isin(taken) & ~word.duplicated()
        done = is_free | again.notna()
        shown, known = shown.where(~done, name), known.fillna(again)
        taken |= set(word[done])
        waiting &= ~done
        step += 1
    return shown.astype("str"), known


def _some(names: pd.Series) -> str:
    listed = [str(name) for name in names[:_MOST_NAMED]]
    rest = len(names) - len(listed)
    return ", ".join(listed) + (f" och {rest} till" if rest > 0 else "")


def _merge_notes(
    new: pd.DataFrame, shown: pd.Series, *, known: pd.Series, clash: pd.Series, replace: bool
) -> list[str]:
    notes = []
    is_known = known.notna()
    if is_known.any():
        count = counted(int(is_known.sum()), "plats", "platser")
        notes.append(
            f"{count} fanns redan och har fått filens läge."
            if replace
            else f"{count} fanns redan och är orörda; --replace ger dem filens läge."
        )
    renamed = clash & ~is_known
    if renamed.any():
        pairs = new["name"][renamed] + " → " + shown[renamed]
        notes.append(
            f"{counted(int(renamed.sum()), 'plats', 'platser')} har ett namn som också finns på "
            f"ett annat ställe och heter därför: {_some(pairs)}. Ändra i platser.csv om ett namn "
            "ska leda till en av dem."
        )
    notes.append(f"{counted(int((~is_known).sum()), 'plats är ny', 'platser är nya')}.")
    return notes


def _as_rows(
    new: pd.DataFrame, shown: pd.Series, *, former: pd.DataFrame, origin: str
) -> pd.DataFrame:
    stated = new["place_id"].astype("str").where(new["place_id"].map(_is_id))
    ids = stated.astype("str").fillna(shown.map(slug).str.slice(0, 80).astype("str"))
    digest = shown.map(lambda name: hashlib.sha256(name.encode()).hexdigest()[:8])
    ids = ids.where(ids.ne("").fillna(False), "plats-" + digest)
    taken = set(former["plats_id"])
    repeated = ids.isin(taken) | ids.duplicated()
    ids = ids.where(~repeated, ids + "-" + digest)
    return pd.DataFrame(
        {
            "plats_id": ids,
            "namn": shown,
            "alias": new["aliases"].astype("str").fillna("").map(_alias_text),
            "typ": new["place_type"],
            "lat": new["lat"].map(_degrees),
            "lon": new["lon"].map(_degrees),
            "noggrannhet_m": new["precision_m"].map("{:.0f}".format),
            "ursprung": origin,
        }
    )


def _alias_text(text: str) -> str:
    words = filter(None, map(clean_word, text.split("|"))) if text else ()
    return "|".join(word for word in words if word[0] not in "=+@-")


def _degrees(value: float) -> str:
    return f"{value:.{DECIMALS}f}"


def _updated(
    kept: pd.DataFrame, new: pd.DataFrame, known: pd.Series, *, origin: str
) -> pd.DataFrame:
    """Give known rows the new position; where two new places are the same row, the first counts."""
    update = new.assign(row=known).drop_duplicates("row").set_index("row")
    texts: dict[str, tuple[str, Callable[[float], str]]] = {
        "lat": ("lat", _degrees),
        "lon": ("lon", _degrees),
        "noggrannhet_m": ("precision_m", "{:.0f}".format),
    }
    for column, (name, write) in texts.items():
        kept.loc[update.index, column] = update[name].map(write)
    kept.loc[update.index, "typ"] = update["place_type"].where(
        update["place_type"].ne(OTHER_TYPE), kept.loc[update.index, "typ"]
    )
    if "ursprung" in kept.columns:
        kept.loc[update.index, "ursprung"] = origin
    return kept
