import numpy as np
import pytest
from pyproj import Transformer

from est_pipeline.errors import ConfigError
from est_pipeline.layers.coordinates import SYSTEMS, System, tell_system, to_lon_lat

BOUNDS = (15.2, 58.0, 16.1, 58.7)
LON = np.array([15.55, 15.60, 15.65, 15.58])
LAT = np.array([58.38, 58.40, 58.42, 58.45])


def points_in(crs: str) -> tuple[np.ndarray, np.ndarray]:
    return Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(LON, LAT)


@pytest.mark.parametrize("is_swapped", [False, True], ids=["straight", "swapped"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3006", "EPSG:3009", "EPSG:3021"])
def test_systems_are_told_by_their_values(crs: str, is_swapped: bool) -> None:
    easts, norths = points_in(crs)
    if is_swapped:
        easts, norths = norths, easts
    system = tell_system(easts, norths, bounds=BOUNDS, file_name="fil")
    assert system == System(crs, is_swapped)
    lon, lat = to_lon_lat(easts, norths, system=system)
    assert np.allclose(lon, LON, atol=2e-5)
    assert np.allclose(lat, LAT, atol=2e-5)


def test_every_swedish_zone_is_told_in_a_municipality_of_its_own() -> None:
    for code in SYSTEMS:
        to_wgs84 = Transformer.from_crs(code, "EPSG:4326", always_xy=True)
        middle = (
            (15.6, 58.4)
            if code == "EPSG:4326"
            else to_wgs84.transform(
                *{"RT": (1_500_000, 6_500_000)}.get(
                    SYSTEMS[code][:2],
                    (532_000, 6_474_000) if code == "EPSG:3006" else (150_000, 6_500_000),
                )
            )
        )
        bounds = (middle[0] - 0.3, middle[1] - 0.2, middle[0] + 0.3, middle[1] + 0.2)
        back = Transformer.from_crs("EPSG:4326", code, always_xy=True)
        easts, norths = back.transform(np.array([middle[0]]), np.array([middle[1]]))
        assert tell_system(easts, norths, bounds=bounds, file_name="fil").crs == code


def test_what_fits_two_systems_is_refused_with_both_names() -> None:
    # in wide bounds, the same local coordinates fall inside by several central meridians
    easts, norths = points_in("EPSG:3009")
    with pytest.raises(ConfigError, match=r"SWEREF 99 15 00.*SWEREF 99 15 45|--crs"):
        tell_system(easts, norths, bounds=(12.0, 58.0, 18.0, 59.0), file_name="fil")


def test_what_fits_none_is_refused_and_so_is_a_workspace_without_bounds() -> None:
    with pytest.raises(ConfigError, match="inget av dem"):
        tell_system(np.array([5.0]), np.array([5.0]), bounds=BOUNDS, file_name="fil")
    with pytest.raises(ConfigError, match="inga gränser"):
        tell_system(LON, LAT, bounds=None, file_name="fil")
