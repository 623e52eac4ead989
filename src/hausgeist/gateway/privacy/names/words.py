# SPDX-License-Identifier: EUPL-1.2
"""Words that the rules for names know: salutations, titles, particles, and what is no name beside them."""

ARTICLES = frozenset(
    "der die das dem den des ein eine einem einen einer eines im am vom zum zur beim ins ans aufs"
    " jeder jede jedes jeden jedem dieser diese dieses diesen diesem kein keine keinen keinem keiner"
    " welcher welche welches the a an".split()
)

SEASONS = frozenset("sommer winter herbst fruehling".split())
"""Surnames that are hardly meant behind an article."""

PARTICLES = frozenset(
    "von van vom zu zur zum de der den del della di da dos das du le la ten ter el al bin ibn ben abu"
    " und-zu freiherr freifrau graf gräfin graefin ritter edler auf".split()
)

ORDINARY = frozenset(
    "abend adler amt arzt bach bauer baum becher beck berg bergmann berger bischof blum blume brand"
    " braun brunnen buch burg busch dorn engel ernst esel fest feld fink fischer frank freitag freund"
    " fried frisch fromm fruehling fuchs gans gast geist gold graf grimm gross grund gruen hahn"
    " hammer hart hase haus heil herbst herr herz hirsch hof hoffmann holz horn huber igel jaeger jung"
    " kaiser kamp karl keller kern kirsch klein klug koch koenig kohl kopf korn kraft kranz kraus krause"
    " krebs kreis krieg kuehn kunst kunz kurz land lang laub linde link loewe lohn luft maier markt"
    " martin mai mann meister mohn mond montag moos morgen muehle nagel nacht neu neumann noll nuss"
    " obst ofen ost otto papst park paul peter pfarrer pfeffer pfeifer platz post probst rabe rad"
    " rau recht reich reif reis richter ring ritter rose roth sack salz sand sauer schaefer schatten"
    " scherer schill schmied schmitt schneider scholz schreiber schubert schulz schulze schwarz see"
    " seemann sommer sonne sonntag spatz speer spiegel stark staub stein stern stock stolz strauss"
    " sturm suess tag tanne teich thoma tisch topf unger vogel vogt vogel voss wald wagner wahl weber"
    " weide wein weiss weiler wirt wirth winter witt wolf wolke wunder wurst zander zeit zimmer"
    " zimmermann".split()
)
"""Surnames that are ordinary words, folded: behind an article they are taken for the word."""

SALUTATIONS = frozenset(
    "herr herrn herren frau frauen hr. fr. hrn. familie fam."
    " familien eheleute eheleuten mr mr. mrs mrs. ms ms. miss"
    " fräulein fraeulein madame monsieur schwester pater".split()
)
"""What stands before a name and says whose it is, folded."""

TITLES = frozenset(
    "dr. dr prof. prof professor professorin dipl. dipl.-ing. ing. mag. med. jur. phil. rer. nat. dent."
    " vet. pd priv.-doz. dipl.-psych. dipl.-kfm. dipl.-kffr. ll.m. b.a. m.a. b.sc. m.sc. hc habil."
    " freiherr graf graefin".split()
)
"""Academic titles, folded; they stay outside a name."""

TOWNS = frozenset(
    "aachen augsburg berlin bielefeld bochum bonn braunschweig bremen bremerhaven chemnitz cottbus"
    " darmstadt dortmund dresden duesseldorf duisburg erfurt erlangen essen flensburg frankfurt freiburg"
    " fuerth gelsenkirchen gera goettingen hagen halle hamburg hamm hannover heidelberg heilbronn"
    " hildesheim ingolstadt jena kaiserslautern karlsruhe kassel kiel koblenz koeln konstanz krefeld"
    " leipzig leverkusen ludwigshafen luebeck lueneburg magdeburg mainz mannheim moenchengladbach"
    " muelheim muenchen muenster neuss nuernberg oberhausen offenbach oldenburg osnabrueck paderborn"
    " pforzheim potsdam recklinghausen regensburg remscheid rostock saarbruecken salzgitter schwerin"
    " siegen solingen stuttgart trier tuebingen ulm wiesbaden wittenberg wolfsburg wuerzburg wuppertal"
    " zwickau wien graz linz salzburg innsbruck zuerich basel bern genf luzern paris london rom madrid"
    " bruessel amsterdam kopenhagen warschau prag budapest athen istanbul moskau kiew"
    " bayern hessen sachsen thueringen brandenburg niedersachsen saarland westfalen holstein pfalz"
    " deutschland oesterreich schweiz europa frankreich italien spanien polen tuerkei syrien ukraine"
    " russland".split()
)
"""Larger towns and countries, folded: a hint, no list of places."""

LABELS = frozenset(
    "name vorname vornamen nachname familienname geburtsname ruf rufname antragsteller antragstellerin"
    " antragstellende sachbearbeiter sachbearbeiterin sachbearbeitung bearbeiter bearbeiterin"
    " ansprechpartner ansprechpartnerin ansprechperson patient patientin kind kinder mutter vater eltern"
    " vertreter vertreterin kontoinhaber kontoinhaberin betreuer betreuerin zeuge zeugin zeugen"
    " eigentuemer eigentuemerin mieter mieterin vermieter vermieterin teilnehmer teilnehmerin"
    " teilnehmende teilnehmerinnen anwesend anwesende entschuldigt protokoll protokollfuehrer"
    " protokollfuehrerin protokollant protokollantin schriftfuehrer schriftfuehrerin schriftfuehrung"
    " von an cc bcc from to unterschrift verfasser verfasserin absender absenderin empfaenger"
    " empfaengerin leitung leiter leiterin vertretung klaeger klaegerin beklagter beklagte"
    " beschuldigter beschuldigte geschaedigter geschaedigte anzeigender halter halterin fahrer fahrerin"
    " bauherr bauherrin bauherrschaft ehegatte ehemann ehefrau ehepartner lebenspartner sorgeberechtigt"
    " sorgeberechtigte erziehungsberechtigte versicherter versicherte versicherungsnehmer"
    " versicherungsnehmerin schuldner schuldnerin glaeubiger glaeubigerin auftraggeber auftraggeberin"
    " besteller rechnungsempfaenger steuerpflichtiger arbeitnehmer arbeitnehmerin mitarbeiter"
    " mitarbeiterin bewerber bewerberin schueler schuelerin lehrkraft klassenleitung hausarzt"
    " hausaerztin arzt aerztin gutachter gutachterin vorsitz vorsitzender vorsitzende verantwortlich"
    " gez betreff-person person gemeldet zustaendig bearbeitet genehmigt aufgenommen handzeichen"
    " applicant patient-name attendees attending signed contact sender recipient tenant landlord"
    " personen dabei anwesenden bewohner bewohnerin inhaber inhaberin bauleiter bauleiterin meldende"
    " meldender vorsteher vorsteherin zahlungspflichtig zahlungspflichtiger beisitzer beisitzerin halters"
    " pflegeperson bezugsperson notfallkontakt trauzeuge"
    " trauzeugin trauzeugen gruppenfuehrer aufsicht".split()
)
"""Labels of forms behind whose colon a person is named, folded."""

ROLES = frozenset(
    "kollege kollegin nachbar nachbarin nachbarn zeuge zeugin patient patientin klaeger klaegerin beklagte"
    " beklagter beklagten angeklagte angeklagter angeklagten beschuldigte beschuldigter beschuldigten"
    " betroffene betroffener antragsteller antragstellerin mandant mandantin eigentuemer eigentuemerin"
    " mieter mieterin vermieter vermieterin hausmeister hausmeisterin richter richterin"
    " rechtsanwalt rechtsanwaeltin anwalt anwaeltin notar notarin steuerberater steuerberaterin arzt"
    " aerztin hausarzt hausaerztin buergermeister buergermeisterin oberbuergermeister"
    " oberbuergermeisterin landrat landraetin stadtrat stadtraetin amtsleiter amtsleiterin leiter"
    " leiterin schulleiter schulleiterin lehrer lehrerin rektor rektorin pfarrer pfarrerin betreuer"
    " betreuerin vormund sohn tochter bruder schwester mutter vater oma opa onkel tante cousin cousine"
    " enkel enkelin neffe nichte schwager schwaegerin ehemann ehefrau mann lebensgefaehrte"
    " lebensgefaehrtin kind kindes kinder freund freundin mitschueler mitschuelerin schueler schuelerin"
    " praktikant praktikantin azubi auszubildende mitarbeiter mitarbeiterin sachbearbeiter"
    " sachbearbeiterin bewerber bewerberin geschaeftsfuehrer geschaeftsfuehrerin trainer trainerin"
    " hebamme dolmetscher dolmetscherin gutachter gutachterin architekt architektin polizist"
    " polizistin erzieherin erzieher pflegerin pfleger colleague patient son daughter brother sister"
    " husband wife neighbour neighbor tenant witness doctor dr hauptkommissar kommissarin kommissar"
    " polizeimeister pom pk phm khk wachtmeister inhaber inhaberin"
    " verwalter verwalterin stellvertreter stellvertreterin bewohner"
    " bewohnerin fahrer fahrerin kunde kundin"
    " schuldner schuldnerin mitbewohner mitbewohnerin partner partnerin bestatter bestatterin redakteur"
    " redakteurin rentner rentnerin ortsvorsteher ortsvorsteherin klassenlehrer klassenlehrerin"
    " kindesmutter kindesvater bauleiter foerster foersterin"
    " makler maklerin hausverwalter berater beraterin"
    " vorsitzende vorsitzender vorsitzenden erben erbe erbin kassenwart kassenwartin jugendwart"
    " eheleute oberarzt chefarzt chefaerztin pflegekraft lehrling beigeordneter stadtkaemmerer".split()
)
"""Words for people behind which a name often follows, folded: there, a weaker hint is enough."""

GREETINGS = frozenset(
    "hallo hi hey moin servus guten liebe lieber liebes lieb geehrte geehrter verehrte verehrter dear hello"
    " danke sali gruezi ciao".split()
)

CLOSINGS = frozenset(
    "gruessen gruesse gruss gruesslichst hochachtungsvoll mfg lg"
    " vg bg hg regards sincerely faithfully wishes"
    " herzlichst cheers dein deine ihr ihre euer eure gezeichnet unterzeichner freundlichst bestens"
    " yours thanks".split()
)

CLOSING_STARTS = frozenset(
    "mit freundlichen freundlichem freundliche freundlicher besten bester beste viele vielen liebe lieben"
    " herzliche herzlichen herzlichem herzlicher schoene"
    " schoenen sonnige kollegialen kollegiale kollegialem"
    " gruss gruesse kind best warm many yours hochachtungsvoll mfg lg vg bg dein deine ihr ihre euer eure"
    " herzlichst freundlichst bestens danke und den dank mille tausend hg cheers thanks ganz".split()
)

PROXIES = frozenset("i.a. i.v. i.a i.v gez. gez im auftrag in vertretung p.p. ppa. ppa".split())

NO_NAMES = frozenset(
    "damen herren herr frau kollegen kolleginnen kollegium kolleg"
    " team eltern alle alles zusammen leute sir madam"
    " colleagues all team buerger buergerinnen mitbuerger mitglieder nachbarn freunde freund freundin"
    " ihr ihre ihren ihrem ihrer ihnen sie du dich euch wir ich er es wie wann wer wo was bitte leider anbei"
    " hiermit vielen"
    " dank danke tag morgen abend mahlzeit gruesse gruss"
    " gruessen anlage anlagen betreff datum ort telefon tel fax"
    " mobil zimmer raum nr nummer strasse platz plz e-mail email mail internet web seite uhr euro konto"
    " iban bic amt stadt gemeinde landkreis kreis verwaltung abteilung referat sachgebiet dezernat"
    " fachbereich buero sekretariat vorstand geschaeftsfuehrung geschaeftsleitung personalabteilung"
    " buergermeister buergermeisterin oberbuergermeister oberbuergermeisterin landrat landraetin"
    " praesident praesidentin direktor direktorin minister ministerin doktor doktorin professor"
    " vorsitzender vorsitzende vorsitzenden rechtsanwalt rechtsanwaeltin notar notarin richter richterin"
    " pfarrer pfarrerin rektor rektorin kollege kollegin steuerberater steuerberaterin architekt"
    " patient patientin zeuge zeugin klaeger beklagte antragsteller antragstellerin unterschrift"
    " original kopie entwurf januar februar maerz juni juli september oktober november dezember montag"
    " dienstag mittwoch donnerstag samstag sonntag und oder bzw"
    " siehe keine kein nein ja unbekannt oben unten"
    " gmbh ag kg ohg e.v. ev verein firma gesellschaft partner soehne familie eheleute mutter vater"
    " kind kinder sohn tochter schule klasse"
    " rathaus behoerde gericht amtsgericht finanzamt jobcenter sozialamt"
    " jugendamt bauamt ordnungsamt standesamt versicherung krankenkasse rente bescheid antrag vorname"
    " nachname name person personen welt world say"
    " vornamen beruf taetigkeit staatsangehoerigkeit"
    " geburtsdatum anschrift adresse wohnort geboren geb geb. the and of for"
    " lieben auftrag vertretung hallo hi hey moin servus"
    " beste besten neue neuer neues neuen schoene mein meine"
    " meinen meiner unser unsere unseren sein seine dein deine der die das den dem des ein eine einen einem"
    " einer am an auf aus bei bis durch fuer gegen hinter im in mit nach neben ohne seit ueber um unter von"
    " vom vor waehrend wegen zu zum zur zwischen als"
    " da dabei dadurch dafuer dagegen daher damit danach dann"
    " daran darauf daraufhin darin darueber darum dass davon dazu denn dennoch deshalb dort doch durch"
    " eigentlich etwas falls gestern gibt gerne gern hat habe"
    " haben heute hier hierzu ich ist sind war waren"
    " inzwischen jede jeder jedes jetzt kann kannst koennen koennt koennte koennten laut manchmal mehr mir"
    " mich nachdem nicht nochmal nun nur ob obwohl ohne rund schon schreib schreibe sehr seitdem sicher"
    " sobald sofern sogar solange somit sondern sonst soll sollen sollte sowie statt stimmt trotz trotzdem"
    " uebrigens uns viel viele vielleicht voraussichtlich warum"
    " weder wegen weil weiter weitere weitere welche"
    " wenn werden wird wieso wo wohin wurde"
    " wurden zudem zuerst zuletzt zwar andernfalls ansonsten ausserdem"
    " allerdings auch alternativ jedoch lediglich nachfolgend sodass sollten wuerden wuerde moechte"
    " this that these those our your my his her their we they it is are was were have has please thanks"
    " best kind regards dear if when while because also there here from with at on in to by".split()
)
"""Capitalised words beside an anchor that are no names, folded."""

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar jan jaenner jan. january",
            "februar feb feb. feber february",
            "maerz mrz mrz. march mar mar.",
            "april apr apr.",
            "mai may",
            "juni jun jun. june",
            "juli jul jul. july",
            "august aug aug.",
            "september sep sep. sept sept.",
            "oktober okt okt. october oct oct.",
            "november nov nov.",
            "dezember dez dez. december dec dec.",
        ),
        start=1,
    )
    for name in names.split()
}
"""Number of a month by its folded name."""

STREET_ENDINGS = tuple(
    "strasse str. str gasse allee chaussee promenade weg platz damm ufer ring stieg steig pfad graben wall"
    " twiete zeile siedlung anger kamp markt hof berg tor park bruecke hoehe stiege winkel kai busch feld"
    " garten grund hang rain terrasse".split()
)
STRONG_STREETS = (
    "strasse",
    "str.",
    "gasse",
    "allee",
    "chaussee",
    "promenade",
    "weg",
    "platz",
    "damm",
    "ufer",
    "ring",
)
"""Endings of streets, folded; the strong ones need less beside them."""

NO_STREETS = frozenset(
    "jahr jahre jahres monat zimmer raum klasse seite artikel fall haus kapitel abschnitt paragraph uhr tag"
    " tage alter wert punkt top bereich stock quartal semester absatz anhang block gebaeude saal teil"
    " gleis kalenderwoche kw montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar"
    " maerz april mai juni juli august september oktober november dezember woche stand ziffer nummer nr"
    " nr. anlage bild tabelle abbildung sinne auftrag rahmen umfang betrag preis zeitraum schnitt"
    " durchschnitt vorjahr formular feld zeile version umkreis stueck alter ab bis von umsatz gegensatz"
    " winter sommer herbst fruehjahr herbst vergleich einzelnen laufe folgenden vordergrund tisch"
    " schalter termin"
    " platz station ende stelle position kapitel titel satz spieltag bahnsteig level schritt".split()
)

NO_TOWNS = frozenset(
    "euro eur stueck uhr kilometer km meter einwohner besucher besucherinnen stimmen menschen personen mal"
    " exemplare faelle faellen liter tonnen kilo kilogramm quadratmeter kinder haushalte unterschriften"
    " dollar zuschauer mitglieder schueler seiten woerter zeichen tage stunden jahre prozent mark cent"
    " kwh kilowattstunden teilnehmer beschaeftigte soldaten fahrzeuge telefon tel fax".split()
)

TOWN_ENDINGS = tuple(
    "burg stadt dorf heim hausen berg feld kirchen bach au"
    " ow itz ingen leben rode walde hagen muende hafen furt"
    " haven bruecken bruck brunn stein stedt stett roda wald kreis sund beck thal tal lingen ungen nitz"
    " born brueck loh horst moor see".split()
)
