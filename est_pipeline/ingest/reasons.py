"""Why a row was not accepted and how to mend it, in Swedish, by reason code."""

from __future__ import annotations

from dataclasses import dataclass

from est_pipeline.domain.geography import WGS84
from est_pipeline.ingest.checking.coordinate_systems import CRS_NAMES


@dataclass(frozen=True)
class Reason:
    """What is wrong with a value, and how a reporter mends it."""

    wrong: str
    mend: str


REASONS: dict[str, Reason] = {
    "kategori_saknas": Reason(
        "Kategori saknas.", "Skriv vad rapporten gäller, till exempel skadegörelse."
    ),
    "okand_kategori": Reason(
        "Kategorin är okänd.",
        "Välj en av kategorierna i instruktionen, eller be Säkerhetsenheten lägga till ordet.",
    ),
    "tid_saknas": Reason(
        "Tidpunkt saknas.",
        "Skriv när det hände, till exempel 2026-11-16 21:30 eller 2026-11-16. Är klockslaget "
        "okänt räcker dagen; är dagen osäker går det bra med 2026-11-14 - 2026-11-16.",
    ),
    "tid_olaslig": Reason(
        "Tidpunkten går inte att läsa.", "Skriv datum och klockslag så här: 2026-11-16 21:30."
    ),
    "tid_tvetydig": Reason(
        "Datumet kan läsas på två sätt.",
        "Skriv hela årtalet först: 2026-11-16. Ser era datum alltid ut så här kan Säkerhetsenheten "
        "ställa in formen.",
    ),
    "tid_i_framtiden": Reason(
        "Tidpunkten ligger efter det att filen lämnades.",
        "Kontrollera datumet. Gäller det något som ska hända: välj rapporttypen kommande.",
    ),
    "tid_orimlig": Reason(
        "Tidpunkten ligger för långt tillbaka för att kunna stämma.",
        "Kontrollera årtalet.",
    ),
    "slut_fore_start": Reason("Slutet ligger före starten.", "Kontrollera de två tiderna."),
    "koordinat_ej_tal": Reason(
        "Koordinaten är inget tal.",
        "Skriv bara siffror med decimalkomma eller punkt, eller lämna tomt och ange plats.",
    ),
    "koordinat_halv": Reason(
        "Bara den ena av de två koordinaterna finns.",
        "Skriv båda, eller ta bort den som står och ange plats.",
    ),
    "koordinat_avrundad": Reason(
        "Koordinaten är avrundad, troligen av Excel, och pekar inte längre på platsen.",
        "Skriv koordinaten med alla siffror. Gör först cellerna till text i Excel (Format, Celler, "
        "Text).",
    ),
    "koordinat_siffror": Reason(
        "Koordinaten har fel antal siffror, eller så har decimaltecknet kommit bort.",
        "Skriv till exempel 58,4109 och 15,6216, eller N 6475000 och E 533500.",
    ),
    "koordinat_tvetydig": Reason(
        "Koordinaten kan läsas på flera sätt.",
        "Skriv latitud och longitud i varsin kolumn, eller be Säkerhetsenheten ställa in vilket "
        "koordinatsystem ni använder.",
    ),
    "koordinat_utanfor": Reason(
        "Koordinaten ligger utanför kommunen.",
        "Kontrollera siffrorna, eller ta bort koordinaten och ange plats.",
    ),
    "okand_rapporttyp": Reason(
        "Rapporttypen är okänd.",
        "Välj händelse, iakttagelse, otrygg plats, insatsfynd, kommande, "
        "inget att rapportera eller återkallad.",
    ),
    "aterkallad_utan_id": Reason(
        "Det framgår inte vilken rapport som återkallas.",
        "Skriv dess nummer i rapport_id eller ersätter_rapport_id.",
    ),
    "id_avrundat": Reason(
        "Excel har avrundat rapportens nummer, så att flera rapporter kan ha fått samma.",
        "Gör kolumnen till text i Excel innan numren klistras in, och gör om uttaget.",
    ),
    "ogiltig_allvarlighetsgrad": Reason(
        "Allvarlighetsgraden är inte 1, 2, 3 eller 4.", "Skriv en siffra från 1 till 4."
    ),
    "antal_ej_heltal": Reason("Antalet är inget heltal.", "Skriv antalet med siffror."),
    "fel_antal_falt": Reason(
        "Raden har inte lika många fält som raden med kolumnnamn.",
        "Troligen står det ett skiljetecken inne i en text: sätt texten inom citattecken.",
    ),
    "for_lang_text": Reason(
        "Texten är längre än vad en cell kan innehålla.", "Korta texten eller dela raden."
    ),
    "okand_typ": Reason(
        "Det framgår inte om raden är ett beslut eller en anteckning.",
        "Skriv beslut eller anteckning i kolumnen typ.",
    ),
    "vad_saknas": Reason(
        "Det står inte vad som ska göras.",
        "Skriv det i kolumnen vad. Ändrar raden ett tidigare beslut: skriv det beslutets id.",
    ),
    "anteckning_saknas": Reason(
        "Anteckningen är tom.", "Skriv texten i kolumnen anteckning, eller ta bort raden."
    ),
    "funktion_saknas": Reason(
        "Det står inte vilken funktion som ska göra det.",
        "Skriv en funktion, till exempel kommunpolis eller fältsekreterare.",
    ),
    "funktion_ar_person": Reason(
        "Där står en person, men ett beslut ska peka ut en funktion.",
        "Skriv funktionen i stället för namnet, till exempel kommunpolis eller fältsekreterare.",
    ),
    "okant_lage": Reason(
        "Läget är okänt.", "Skriv öppen, klar eller avbruten, eller lämna tomt (öppen)."
    ),
    "okand_stadsdel": Reason(
        "Stadsdelen är okänd.",
        "Skriv stadsdelens namn så som det står på lägesbilden, eller lämna tomt och skriv plats.",
    ),
    "mote_olasligt": Reason(
        "Det går inte att se vilken veckas lägesbild mötet gällde.",
        "Skriv veckan så här: 2026-W47. Lämnas cellen tom gäller den senaste hela veckan.",
    ),
    "dag_olaslig": Reason("Dagen går inte att läsa.", "Skriv den så här: 2026-11-30."),
    "klart_fore_motet": Reason(
        "Dagen då det ska vara klart ligger före mötet.",
        "Kontrollera dagen, eller lämna cellen tom.",
    ),
    "id_anvands": Reason(
        "Samma id används redan för något annat: ett annat möte, en annan typ eller en annan rad i "
        "filen.",
        "Skriv ett id som inte är använt, till exempel 2026-W47-1, eller lämna id tomt. Gäller "
        "raden samma beslut: skriv dess möte i kolumnen möte.",
    ),
    "okant_beslut": Reason(
        "Raden ändrar ett beslut som inte är känt.",
        "Kontrollera id, eller fyll i vad och funktion så att raden blir ett nytt beslut.",
    ),
}
"""Every reason for which a single row is quarantined."""

MEETING_REASONS = tuple(REASONS)[tuple(REASONS).index("okand_typ") :]
"""Those that only the meeting's own form can have."""

_NOTES = {
    "sommartid_lucka": "klockslaget finns inte den natten då sommartiden börjar och flyttades fram",
    "sommartid_dubbel": "klockslaget finns två gånger den natten då sommartiden slutar; "
    "det första gäller",
    "serienummer": "tiden stod som ett dagnummer från Excel",
    "tidsord": "tiden stod i ord och lästes enligt källans beskrivning",
    "intervall": "start och slut stod i samma cell",
    "bostad": "platsen är en bostad, så bara stadsdelen är sparad",
}


def describe_note(code: str) -> str:
    """Say how the rows with a note were read, in Swedish, without the full stop."""
    if code in _NOTES:
        return _NOTES[code]
    crs, _, is_swapped = code.partition(" ")
    text = f"koordinaterna lästes som {CRS_NAMES.get(crs, crs)}"
    if not is_swapped:
        return text
    return text + (", lat och lon" if crs == WGS84 else ", N och E") + " hade bytt plats"
