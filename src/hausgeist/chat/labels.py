# SPDX-License-Identifier: EUPL-1.2
"""Data classes, zones, purposes, kinds of personal data: words of the catalogue, for pages and exports."""

from hausgeist.core.findings import Kind
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.errors import N_

CLASSES = {
    DataClass.PUBLIC: N_("Public"),
    DataClass.INTERNAL: N_("Internal"),
    DataClass.PERSONAL: N_("Personal data"),
    DataClass.SPECIAL: N_("Specially protected"),
}
ZONES = {
    Zone.HOUSE: N_("In the house"),
    Zone.EU: N_("In Europe, under contract"),
    Zone.WORLD: N_("Outside Europe"),
}
PURPOSES = {
    Purpose.CHAT: N_("Chat"),
    Purpose.API: N_("Programs"),
    Purpose.TITLE: N_("Titles"),
    Purpose.SUGGEST: N_("Suggestions of the workbench"),
    Purpose.EVALUATE: N_("Evaluation"),
    Purpose.KNOWLEDGE: N_("Knowledge"),
}
KINDS = {
    Kind.PERSON: (N_("{count} person"), N_("{count} persons")),
    Kind.ADDRESS: (N_("{count} address"), N_("{count} addresses")),
    Kind.BIRTH_DATE: (N_("{count} date of birth"), N_("{count} dates of birth")),
    Kind.FILE_NUMBER: (N_("{count} file number"), N_("{count} file numbers")),
    Kind.EMAIL: (N_("{count} e-mail address"), N_("{count} e-mail addresses")),
    Kind.PHONE: (N_("{count} telephone number"), N_("{count} telephone numbers")),
    Kind.IBAN: (N_("{count} IBAN"), N_("{count} IBANs")),
    Kind.BIC: (N_("{count} BIC"), N_("{count} BICs")),
    Kind.CARD: (N_("{count} payment card"), N_("{count} payment cards")),
    Kind.ACCOUNT: (N_("{count} account number"), N_("{count} account numbers")),
    Kind.TAX_ID: (N_("{count} tax ID"), N_("{count} tax IDs")),
    Kind.TAX_NUMBER: (N_("{count} tax number"), N_("{count} tax numbers")),
    Kind.VAT_ID: (N_("{count} VAT ID"), N_("{count} VAT IDs")),
    Kind.PENSION: (N_("{count} pension number"), N_("{count} pension numbers")),
    Kind.HEALTH: (N_("{count} health insurance number"), N_("{count} health insurance numbers")),
    Kind.DOCTOR: (N_("{count} doctor's number"), N_("{count} doctors' numbers")),
    Kind.ID_CARD: (N_("{count} identity card"), N_("{count} identity cards")),
    Kind.PASSPORT: (N_("{count} passport"), N_("{count} passports")),
    Kind.DRIVING_LICENCE: (N_("{count} driving licence"), N_("{count} driving licences")),
    Kind.PLATE: (N_("{count} number plate"), N_("{count} number plates")),
    Kind.FOREIGN_ID: (N_("{count} foreign ID number"), N_("{count} foreign ID numbers")),
    Kind.REGISTER: (N_("{count} register number"), N_("{count} register numbers")),
    Kind.LEITWEG: (N_("{count} Leitweg ID"), N_("{count} Leitweg IDs")),
    Kind.IP: (N_("{count} IP address"), N_("{count} IP addresses")),
    Kind.MAC: (N_("{count} device address"), N_("{count} device addresses")),
    Kind.IMEI: (N_("{count} device number"), N_("{count} device numbers")),
    Kind.SECRET: (N_("{count} password or key"), N_("{count} passwords or keys")),
    Kind.OWN: (N_("{count} word of your organisation"), N_("{count} words of your organisation")),
    Kind.MARKED: (N_("{count} passage you marked"), N_("{count} passages you marked")),
}
"""One of a kind, and several."""
