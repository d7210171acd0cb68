"""The canonical word that a merchant's word most likely means; suggested, never decided."""

from __future__ import annotations

import re
from collections.abc import Sequence

_OTHER = re.compile(r"[\W_]+")

# Words that order systems use again and again, without blanks and marks. The first that the vocabulary has counts.
_MEANINGS: dict[str, tuple[str, ...]] = {
    "new": ("pending", "requested"), "open": ("pending",), "created": ("pending", "label_created"),
    "placed": ("pending",), "received": ("received", "pending"), "awaitingpayment": ("pending",),
    "pendingpayment": ("pending",), "paymentpending": ("pending",), "unpaid": ("pending",),
    "paid": ("confirmed",), "accepted": ("confirmed", "approved"), "approved": ("approved", "confirmed"),
    "authorized": ("confirmed",), "unfulfilled": ("confirmed",), "notshipped": ("confirmed",),
    "readytoship": ("processing",), "readyforshipping": ("processing",), "unshipped": ("processing",),
    "inprogress": ("processing",), "inprocess": ("processing",), "picking": ("processing",),
    "packing": ("processing",), "packed": ("processing",), "awaitingfulfillment": ("processing",),
    "awaitingshipment": ("processing",), "inproduction": ("processing",), "preparing": ("processing",),
    "hold": ("on_hold",), "holded": ("on_hold",), "onhold": ("on_hold",), "suspended": ("on_hold",),
    "partial": ("partially_shipped", "partial"), "partiallyfulfilled": ("partially_shipped",),
    "partlyshipped": ("partially_shipped",), "partiallysent": ("partially_shipped",),
    "fulfilled": ("shipped",), "sent": ("shipped", "in_transit"), "dispatched": ("shipped", "in_transit"),
    "despatched": ("shipped", "in_transit"), "handedover": ("shipped", "picked_up"), "ontheway": ("in_transit",),
    "transit": ("in_transit",), "intransit": ("in_transit", "shipped"), "underway": ("in_transit",),
    "outfordelivery": ("out_for_delivery", "shipped"), "collected": ("picked_up", "delivered"),
    "complete": ("completed",), "closed": ("completed",), "done": ("completed",), "finished": ("completed",),
    "canceled": ("cancelled",), "voided": ("cancelled",), "void": ("cancelled",), "annulled": ("cancelled",),
    "rejected": ("declined", "cancelled"), "denied": ("declined",), "refused": ("declined",),
    "refund": ("refunded",), "fullyrefunded": ("refunded",), "partialrefund": ("partially_refunded",),
    "error": ("failed",), "paymentfailed": ("failed",), "failure": ("failed",), "returntosender": ("returning",),
    "deliveryattempted": ("attempted",), "attemptfailed": ("attempted",), "late": ("delayed",),
    "pickup": ("ready_for_pickup",), "readyforcollection": ("ready_for_pickup",), "backorder": ("backordered",),
    # German, French, Spanish, Italian, Dutch, Polish, Swedish
    "offen": ("pending",), "neu": ("pending",), "bezahlt": ("confirmed",), "bestaetigt": ("confirmed",),
    "bestätigt": ("confirmed",), "inbearbeitung": ("processing",), "versendet": ("shipped",),
    "versandt": ("shipped",), "teilversendet": ("partially_shipped",), "zugestellt": ("delivered",),
    "geliefert": ("delivered",), "abgeschlossen": ("completed",), "storniert": ("cancelled",),
    "erstattet": ("refunded",), "retourniert": ("returned",), "angefordert": ("requested",),
    "enattente": ("pending",), "encours": ("processing",), "expédié": ("shipped",), "expédiée": ("shipped",),
    "livré": ("delivered",), "livrée": ("delivered",), "annulé": ("cancelled",), "annulée": ("cancelled",),
    "remboursé": ("refunded",), "pendiente": ("pending",), "enviado": ("shipped",), "entregado": ("delivered",),
    "cancelado": ("cancelled",), "reembolsado": ("refunded",), "spedito": ("shipped",),
    "consegnato": ("delivered",), "annullato": ("cancelled",), "inattesa": ("pending",),
    "verzonden": ("shipped",), "geleverd": ("delivered",), "bezorgd": ("delivered",),
    "geannuleerd": ("cancelled",), "nowe": ("pending",), "wysłane": ("shipped",), "dostarczone": ("delivered",),
    "anulowane": ("cancelled",), "skickad": ("shipped",), "levererad": ("delivered",), "avbruten": ("cancelled",),
}  # fmt: skip


def suggest_word(word: str, vocabulary: Sequence[str]) -> str | None:
    """The word of the vocabulary that a merchant's word most likely means; None where nothing speaks for one."""
    plain = _OTHER.sub("", word).casefold()
    own = {_OTHER.sub("", each): each for each in vocabulary}
    for form in (plain, *(plain.removeprefix(mark) for mark in ("order", "status", "shipment", "line", "return"))):
        if form in own:
            return own[form]
        for meaning in _MEANINGS.get(form, ()):
            if meaning in vocabulary:
                return meaning
    return None
