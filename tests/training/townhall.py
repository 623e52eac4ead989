# SPDX-License-Identifier: EUPL-1.2
"""Messages to a town hall in parts, by what they are about: what students learn from in tests."""

PARTS = {
    "strasse": (
        ["Das Schlagloch", "Der Gehweg", "Die Ampel", "Der Radweg", "Die Laterne", "Das Pflaster"],
        ["vor der Schule", "in der Lindenallee", "am Markt", "bei uns in der Kurve"],
        ["ist kaputt", "muss repariert werden", "ist gefährlich", "fehlt seit Wochen"],
    ),
    "muell": (
        ["Die Restmülltonne", "Der Sperrmüll", "Die Biotonne", "Das Altglas", "Der gelbe Sack"],
        ["vor der Schule", "in der Lindenallee", "am Markt", "bei uns im Hof"],
        ["wurde nicht geleert", "stinkt", "quillt über", "liegt seit Wochen herum"],
    ),
    "ausweis": (
        ["Mein Personalausweis", "Der Reisepass", "Der Kinderausweis", "Mein Führerschein"],
        ["für meine Tochter", "für den Urlaub", "nach dem Umzug", "im Bürgeramt"],
        ["ist abgelaufen", "muss verlängert werden", "ging verloren", "ist noch nicht da"],
    ),
}
