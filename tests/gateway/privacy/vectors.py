# SPDX-License-Identifier: EUPL-1.2
"""Texts with identifiers between braces, by rule; and texts that hold none though they look like it.

Specimens of publishers, numbers kept for media and tests, documentation's addresses, and inventions.
"""

BY_RULE: dict[str, tuple[str, ...]] = {
    "email": (
        "Schreiben Sie an {erika.mustermann@stadt.intern}.",
        "Mail an {erika@müller-gmbh.example} bitte",
        "{erika.mustermann [at] stadt [punkt] example}",
        "{erika(at)stadt.example}",
        "E-Mail: {erika@rathaus}",
        "https://x.example/?mail={erika%40stadt.example}&y",
        '"Erika" <{erika@rathaus.local}>, und andere',
        "{jörg.müller+amt@xn--mller-kva.example}",
    ),
    "secret": (
        "key {sk-proj-abcDEF123456ghiJKL789mnoPQR}",
        "{ghp_16C7e42F292c6912E7710c838347Ae178B4a}",
        "{AKIAIOSFODNN7EXAMPLE}",
        "Passwort: {Sommer2024!}",
        "das Kennwort lautet {hunter2}",
        "postgres://user:{s3cr3t@db.intern}/x",
        '{{"password": "{abcdefgh12345}"}}',
        "PIN: {4711}",
        "CVC {123}",
        "{-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBK\n-----END PRIVATE KEY-----}",
        "token {eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P}",
        "AWS_SECRET_ACCESS_KEY={wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY}",
    ),
    "iban": (
        "Konto {DE89 3704 0044 0532 0130 00}",
        "bitte auf {de89370400440532013000} überweisen",
        "{DE89-3704-0044-0532-0130-00}",
        "IBAN:{DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000}",
        "{AT61 1904 3002 3457 3201} Wien",
        "{NL91 ABNA 0417 1643 00} in Amsterdam",
        "IBAN: {DE89 3704 0044 0532 0130 01}",
        "IBAN {DE89\n3704 0044\n0532 0130 00}",
        "IBAN\t{DE89\t3704 0044 0532 0130 00}",
        "IBAN {DE89 3704 0044}, der Rest war unleserlich",
        "die IBAN {NL91 ABNA 0417 16} und dann nichts mehr",
        "Ihre IBAN lautet {DE89 3704 0044 0532 0130 001}.",
        "IBAN {DE8937040044053201300}",
        "ein Tippfehler: {DE89 3704 0044 0532 0130 01}",
        "{FR14 2004 1010 0505 0001 3M02 606}",
        "umbrochen {DE89 3704 0044\n0532 0130 00}",
        r"aus JSON\n{DE89370400440532013000}\nund weiter",
        "https://x.example/?to=%20{DE89370400440532013000}",
    ),
    "bic": ("BIC {DEUTDEFF}", "bei der {COBADEFFXXX}"),
    "card": (
        "{4111 1111 1111 1111}",
        "{378282246310005}",
        "Kreditkarte {4111-1111-1111-1112}",
        "mit {6011111111111117} bezahlt",
    ),
    "account": (
        "Kundennummer {0301234567}",
        "Konto {0532013000}",
        "BLZ {37040044}",
        "Kundennummer des Antragstellers: {4711-123}",
        "Personalnummer {12345} und {67890}",
        "AZR-Nummer: {123456789012}",
    ),
    "tax_id": (
        "{86 095 742 719}",
        "Die Steuer-ID von Frau M.: {86095742718}",
        "Steuer-ID: {02476291358}",
        "Steuer-Identifikationsnr. {86095742718}",
        "Steueridentifikationsnummer (IdNr.) {65 929 970 489}",
    ),
    "tax_number": (
        "{181/815/08155}",
        "Steuernummer: {93 815 08152}",
        "St.-Nr. {4151081508156}",
    ),
    "vat_id": ("{DE136695976}", "USt-IdNr. {DE123456789}", "{ATU13585627}"),
    "swiss_company": ("{CHE-100.155.212}",),
    "pension": (
        "{15 070649 C 103}",
        "{65170839J003}",
        "RV-Nr. {65 170839 J 008}",
        "Sozialversicherungsnummer {65170839j003}",
    ),
    "health": ("{A000500015}", "KVNR {A 000 500 015}", "Versichertennummer: {X234567890}"),
    "doctor": ("LANR: {123456601}", "BSNR {987654321}"),
    "id_card": (
        "{T220001293}",
        "{LZ6311T475}",
        "Ausweis-Nr. {L01X00T47}",
        "Personalausweis: {l01x00t47}",
    ),
    "passport": ("{C01X00T478}", "Reisepass Nr. {C01X0006H}", "Visum-Nr. {D12345678}"),
    "driving_licence": ("{B072RRE2I55}", "Führerschein {B072RRE2I65}"),
    "travel_zone": (
        "{IDD<<L01X00T471<<<<<<<<<<<<<<<}",
        "{6408125<1010318D<<<<<<<<<<<<<<4}",
    ),
    "register": (
        "Amtsgericht {Aachen, HRB 12345}",
        "{HRB 44863 Berlin (Charlottenburg)}",
        "im Vereinsregister unter {VR 1234}",
    ),
    "leitweg": ("{991-33333TEST-33}", "{04011000-1234512345-06}"),
    "at_social": ("{1237 010180}",),
    "at_tax": ("{59-119/9013}",),
    "ch_ahv": ("{756.9217.0769.85}", "AHV-Nr. {7569217076985}"),
    "fr_nir": ("{2 95 10 99 126 111 93}", "{253072B07300470}"),
    "it_fiscal": ("{RCCMNL83S18D969H}",),
    "es_dni": ("{54362315K}",),
    "es_nie": ("{X2482300W}",),
    "nl_bsn": ("BSN {111222333}",),
    "be_national": ("{85.07.30-033.28}",),
    "pl_pesel": ("{44051401359}", "PESEL: {44051401358}"),
    "se_personal": ("{880320-0016}",),
    "dk_cpr": ("CPR {211062-5629}",),
    "fi_hetu": ("{131052-308T}",),
    "cz_birth": ("{710319/2745}",),
    "ro_cnp": ("CNP {1630615123457}",),
    "hr_oib": ("OIB {33392005961}",),
    "bg_egn": ("EGN {7523169263}",),
    "ip": ("Zugriff von {192.0.2.7} um", "Host {2001:db8::1} antwortet", "IP {8.8.8.8}"),
    "mac": ("{00:1A:2B:3C:4D:5E}", "{00-1a-2b-3c-4d-5e}", "{001a.2b3c.4d5e}"),
    "vehicle": (
        "Fahrgestellnummer {WVWZZZ1JZXW000001}",
        "FIN: {wvw zzz1jz xw000001}",
    ),
    "imei": ("IMEI: {490154203237518}", "{49-015420-323751-8}"),
    "plate": (
        "Der Wagen {B-AB 1234} stand dort.",
        "{TÜ-XY 77}",
        "{HH AB 123E} parkt",
        "{KA-EF 1H}",
        "Kennzeichen {m-xy 999}",
        "Kennzeichen: {BAB1234}",
    ),
    "phone": (
        "Handy: {0171/3920000}",
        "Tel.: {+49 (0)30 23125-000}",
        "unter ({030) 23125 000} erreichbar",
        "{0043 1 5123456} ist in Wien",
        "Tel. {23125-17}",
        "Durchwahl {317}",
        "12345 Ort {069 90009 000}",
        "+49\u202f{89 99998 000}",
        "{０３０ ２３１２５ ０００}",
    ),
    "record": (
        "Urteil {VIII ZR 123/20}",
        "BSG, {B 12 KR 3/20 R}",
        "{1 BvR 1054/01}",
        "{7 K 1234/22.F}",
        "VG München {M 7 K 20.1234}",
        "Unser Zeichen: {50.3-1234/2024}",
        "Aktenzeichen {0551/2023/1234}",
        "Kassenzeichen {123456789012}",
        "Az. {32.1-0451/2024}",
    ),
}

INNOCENT = """
Die Norm DIN A 4 gilt, ebenso DIN EN ISO 9001 und EN IS 9001.
Das Papier im Format DIN A4 liegt bei, siehe auch ISO A 4711.
Am 24.12.2023 um 14:30 Uhr waren es 1.234,56 EUR bei 3,5 %.
Python 3.11.4 und Version 1.2.3.4 sind installiert.
Kapitel 1.2.3.4 und Abschnitt 10.2.1.3 erklären das.
Haushalt Titel 0301 526 01 und Haushaltsstelle 0304 112 05.
ISBN 978-3-16-148410-0, EAN 4006381333931.
Artikelnummer 0301234567 ist lieferbar.
Rechnung 2024-00123456 vom 01.02.2024.
Rufen Sie 115 an oder im Notfall 112.
GEMEINDE STRASSEN BÜRGERAMT HAUPTAMT
Nach § 139b AO, Art. 6 Abs. 1 lit. e DSGVO und § 30 AO.
Im Jahr 2024/25 gab es 12/24 Fälle, in 2023 waren es 1.000.000.
BGBl. 2023 I Nr. 123, BT-Drs. 19/12345, BR-Drs. 123/20.
Raum 3.14, Haus 2, 3. OG, Zimmer 312.
Öffnungszeiten: Mo-Fr 08:00-12:00, Do 14:00-18:00.
Das Konto wurde am 12.05.2024 eröffnet.
Das Passwort vergessen? Bitte ändern Sie das Passwort regelmäßig.
Passwort: mindestens zwölf Zeichen sind nötig.
Commit 9a5a4e8 und e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
std::vector<int>::iterator a::b und ::1 sind kein Problem, 127.0.0.1 auch nicht.
Die Netzmaske ist 255.255.255.0.
npm install react@latest express@4.18.2
@media (max-width: 600px) und icon@2x.png und @username
Bebauungsplan Nr. 12-34 b, Flurstück 123/45, Gemarkung 0815.
Sitzung 05/2024 TOP 7.1, Drucksache 17/1234.
HTTP/1.1 200 OK, RFC 6962, UTF-8, ISO 8601, TLS 1.3, X.509, SHA-256.
Die Steuernummer ist anzugeben. Die IBAN fehlt noch. Die Telefonnummer folgt.
Bitte geben Sie Ihr Aktenzeichen an. Das Kennzeichen wird zugeteilt.
VON AB 12 BIS ER 13. ALLE VORGÄNGE BIS AM 31 IN 2024.
Stand: 2024-05-12T14:30:00Z, Build 20240512.1
Koordinaten 52.520008, 13.404954; 48.137154 N 11.576124 E.
Telefonisch erreichbar von 08.00 bis 12.00 Uhr.
Antrag vom 12.03.2024 und Bescheid vom 3. April 2024.
Auf Ihren Antrag vom 29. September 2024 und den Vorgang vom 1.2.24 hin.
Vertrag vom 01.02.2023, Laufzeit 24 Monate, 3 Monate Kündigungsfrist.
A1 B2 C3, S-Bahn S 1, U-Bahn U 6, Buslinie M 48, Autobahn A 100.
Windows 11 23H2, Intel i7-1185G7, Fehler 0x80070005.
VR 1 und PR 5 sind Pull Requests; PR 1234 ist vereinigt.
Im Fall C-131/12 entschied der EuGH. Richtlinie 95/46/EG, Verordnung (EU) 2016/679.
Bestellnummer 86 095 742 718, Seriennummer A123456789.
Ein Pass ist nötig. Der Ausweis 2024 ist grün. Der Führerschein wurde 1999 erteilt.
12345678903 oder 11111111111 oder DE123456789 ohne ein Wort davor.
""".strip().splitlines()
