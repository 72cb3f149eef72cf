"""Invented recipients in real cities: the part of an order that can be erased."""

from __future__ import annotations

from ordercore.network import Address, PersonRecord
from trading_season.dice import Dice
from trading_season.sources.importer import Buyer
from trading_season.world import City, World

__all__ = ["Directory"]

SECRET = b"a secret that only the host of this example knows"

_FIRST = [
    "Ada",
    "Alan",
    "Barbara",
    "Claude",
    "Donald",
    "Edsger",
    "Frances",
    "Grace",
    "Hedy",
    "Ivan",
    "Jean",
    "Katherine",
    "Leslie",
    "Margaret",
    "Niklaus",
    "Ole",
    "Peter",
    "Radia",
    "Stephen",
    "Tim",
    "Vera",
    "Wim",
    "Xia",
    "Yukihiro",
    "Zora",
]
_LAST = [
    "Archer",
    "Baker",
    "Carter",
    "Draper",
    "Eastwood",
    "Fletcher",
    "Gardner",
    "Harper",
    "Iverson",
    "Joiner",
    "Keeler",
    "Lister",
    "Mason",
    "Naylor",
    "Osgood",
    "Potter",
    "Quill",
    "Roper",
    "Sawyer",
    "Tanner",
    "Underhill",
    "Verger",
    "Weaver",
    "Yeoman",
]
_STREETS = ("Ash", "Birch", "Cedar", "Elm", "Hazel", "Larch", "Maple", "Oak", "Pine", "Rowan")


class Directory:
    """Buyers by customer id. The season keeps the records; orders only see destinations."""

    def __init__(self, world: World, dice: Dice) -> None:
        self._world = world
        self._dice = dice
        self._known: dict[str, Buyer] = {}

    def city(self, customer: str, country: str = "") -> City:
        """Where a customer lives: seeded, by the sizes of the cities."""
        return self._world.city(self._dice.throw(1 << 40, "city", customer), country)

    def buyer(self, customer: str, country: str = "") -> Buyer:
        """The record of a customer and the destination made of it."""
        known = self._known.get(customer)
        if known is None:
            city, dice = self.city(customer, country), self._dice
            street = dice.pick(_STREETS, "street", customer)
            name = f"{dice.pick(_FIRST, 'first', customer)} {dice.pick(_LAST, 'last', customer)}"
            record = PersonRecord(
                f"p-{customer}",
                name=name,
                address=Address(
                    city.region,
                    lines=[f"{1 + dice.throw(98, 'number', customer)} {street} Street"],
                    postcode=city.postcode,
                ),
                emails=[f"{customer}@example.org"],
            )
            known = Buyer(record=record, destination=record.destination(SECRET, city.point))
            self._known[customer] = known
        return known

    def __len__(self) -> int:
        return len(self._known)
