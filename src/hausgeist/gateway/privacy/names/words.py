# SPDX-License-Identifier: EUPL-1.2
"""Words that the rules for names know: salutations, titles, particles, and what is no name beside them."""

ARTICLES = frozenset(
    "der die das dem den des ein eine einem einen einer eines im am vom zum zur beim ins ans aufs"
    " jeder jede jedes jeden jedem dieser diese dieses diesen diesem kein keine keinen keinem keiner"
    " welcher welche welches the a an".split()
)

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
